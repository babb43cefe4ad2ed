import { onlineManager } from "@tanstack/react-query";
import { after, type Cancel, RECONNECT_MS } from "@/lib/cadence";
import { createStore } from "@/lib/store";

export interface Outage {
  /** when the next look is due, in epoch milliseconds */
  nextTryAt: number;
  tries: number;
}

/** Null while the service answers. All polls rest during an outage. */
export const outage = createStore<Outage | null>(null);

let probe: () => Promise<boolean> = async () => false;
let cancel: Cancel | null = null;

export function setProbe(run: () => Promise<boolean>): void {
  probe = run;
}

function schedule(tries: number): void {
  const wait = RECONNECT_MS[Math.min(tries, RECONNECT_MS.length - 1)] ?? 0;
  outage.set({ nextTryAt: Date.now() + wait, tries });
  cancel?.();
  cancel = after(wait, () => void tryNow());
}

export function reportUnreachable(): void {
  if (outage.get() !== null) return;
  onlineManager.setOnline(false);
  schedule(0);
}

export function reportReachable(): void {
  if (outage.get() === null) return;
  cancel?.();
  cancel = null;
  outage.set(null);
  onlineManager.setOnline(true);
}

export async function tryNow(): Promise<void> {
  const tries = (outage.get()?.tries ?? 0) + 1;
  cancel?.();
  if (await probe()) reportReachable();
  else schedule(tries);
}

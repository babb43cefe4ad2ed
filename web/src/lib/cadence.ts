import { useEffect } from "react";
import { createStore, useStore } from "./store";

/** How often each surface asks again, in milliseconds. No other file owns a timer. */
export const CADENCE = {
  overview: 15_000,
  logs: 5_000,
  setup: 3_000,
  providers: 60_000,
  dataplanes: 15_000,
} as const;

export const STALE_MS = 30_000;
export const KEEP_MS = 120_000;
export const REQUEST_TIMEOUT_MS = 30_000;
export const TYPING_MS = 400;
export const TOAST_MS = 6_000;
/** Waits between looks at a server that does not answer. */
export const RECONNECT_MS = [1_000, 2_000, 5_000, 10_000, 30_000] as const;

const LOGS_FASTEST_MS = 250;
const LOGS_SLOWEST_MS = 60_000;

/** The server says how often the request log polls; it is held within bounds. */
export function logsCadence(configured: number | undefined): number {
  if (configured === undefined || !Number.isFinite(configured)) return CADENCE.logs;
  return Math.min(LOGS_SLOWEST_MS, Math.max(LOGS_FASTEST_MS, configured));
}

export type Cancel = () => void;

export function after(ms: number, run: () => void): Cancel {
  const timer = setTimeout(run, ms);
  return () => clearTimeout(timer);
}

export function every(ms: number, run: () => void): Cancel {
  const timer = setInterval(run, ms);
  return () => clearInterval(timer);
}

/** One global pause for everything that polls. */
export const paused = createStore(false);

export function usePaused(): boolean {
  return useStore(paused);
}

/** For react-query's refetchInterval: false while paused. */
export function useInterval(ms: number, isActive = true): number | false {
  return usePaused() || !isActive ? false : ms;
}

/* One shared tick a second and one a minute; they run only while somebody watches. */
function createTick(ms: number) {
  const now = createStore(Date.now());
  let watchers = 0;
  let stop: Cancel | null = null;
  return {
    now,
    watch(): Cancel {
      watchers += 1;
      if (watchers === 1) {
        now.set(Date.now());
        stop = every(ms, () => now.set(Date.now()));
      }
      return () => {
        watchers -= 1;
        if (watchers === 0) stop?.();
      };
    },
  };
}

const second = createTick(1_000);
const minute = createTick(60_000);

export function useNow(unit: "second" | "minute"): number {
  const tick = unit === "second" ? second : minute;
  useEffect(() => tick.watch(), [tick]);
  return useStore(tick.now);
}

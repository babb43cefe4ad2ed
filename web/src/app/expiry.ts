import type { MessageKey } from "@/i18n/loader";
import { DAY_MS } from "@/lib/time";

/** The choices of an expiry field: as it is, never, or so many days from now. */
export const EXPIRY_DAYS = [7, 30, 90, 365] as const;

export const EXPIRY_LABELS: Record<string, MessageKey> = {
  "7": "expiry.week",
  "30": "expiry.month",
  "90": "expiry.quarter",
  "365": "expiry.year",
};

/** null: never; undefined: leave it as it is */
export function expiryFrom(choice: string, now: number): string | null | undefined {
  if (choice === "keep") return undefined;
  const days = EXPIRY_DAYS.find((one) => String(one) === choice);
  return days === undefined ? null : new Date(now + days * DAY_MS).toISOString();
}

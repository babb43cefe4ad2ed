import { MISSING, type Missing } from "./format";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

const STEPS: [limit: number, unit: Intl.RelativeTimeFormatUnit, size: number][] = [
  [HOUR, "minute", MINUTE],
  [DAY, "hour", HOUR],
  [30 * DAY, "day", DAY],
  [365 * DAY, "month", 30 * DAY],
  [Number.POSITIVE_INFINITY, "year", 365 * DAY],
];

export const DAY_MS = DAY;
export const HOUR_MS = HOUR;

/** "2 min. ago"; less than a minute either way is "now", as the text ticks once a minute. */
export function relative(iso: string | Missing, now: number, locale: string): string {
  const at = iso ? Date.parse(iso) : Number.NaN;
  if (Number.isNaN(at)) return MISSING;
  const format = new Intl.RelativeTimeFormat(locale, { numeric: "auto", style: "short" });
  const distance = at - now;
  if (Math.abs(distance) < MINUTE) return format.format(0, "second");
  for (const [limit, unit, size] of STEPS) {
    // what is past is so at least that long; what is to come is announced in full
    const count = distance < 0 ? Math.trunc(distance / size) : Math.ceil(distance / size);
    if (Math.abs(distance) < limit) return format.format(count, unit);
  }
  return MISSING;
}

export function absolute(iso: string | Missing, locale: string, timeZone: string): string {
  const at = iso ? Date.parse(iso) : Number.NaN;
  if (Number.isNaN(at)) return MISSING;
  return new Intl.DateTimeFormat(locale, {
    dateStyle: "medium",
    timeStyle: "medium",
    timeZone,
  }).format(at);
}

export function dateOnly(iso: string | Missing, locale: string, timeZone: string): string {
  const at = iso ? Date.parse(iso) : Number.NaN;
  if (Number.isNaN(at)) return MISSING;
  return new Intl.DateTimeFormat(locale, { dateStyle: "medium", timeZone }).format(at);
}

export function clock(iso: string, locale: string, timeZone: string): string {
  return new Intl.DateTimeFormat(locale, { timeStyle: "medium", timeZone }).format(Date.parse(iso));
}

export function hourOfDay(iso: string, locale: string, timeZone: string): string {
  return new Intl.DateTimeFormat(locale, {
    hour: "2-digit",
    minute: "2-digit",
    hourCycle: "h23",
    timeZone,
  }).format(Date.parse(iso));
}

/** The beginning of the hour in which an instant lies. */
export function floorHour(at: number): number {
  return at - (at % HOUR);
}

export function isPast(iso: string | Missing, now: number): boolean {
  return iso ? Date.parse(iso) <= now : false;
}

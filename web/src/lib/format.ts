/** What stands where a value does not apply. */
export const MISSING = "-";

export type Missing = null | undefined;

function short(value: number): string {
  return String(Math.round(value * 100) / 100);
}

/** 999 · 1.2K · 3.45M; at most two decimals. */
export function tokens(count: number | Missing): string {
  if (count === null || count === undefined) return MISSING;
  if (count < 1_000) return String(count);
  // 999 999 would round up to "1000K"
  if (count < 999_995) return `${short(count / 1_000)}K`;
  return `${short(count / 1_000_000)}M`;
}

export function duration(ms: number | Missing): string {
  if (ms === null || ms === undefined) return MISSING;
  return ms < 1_000 ? `${Math.round(ms)} ms` : `${(ms / 1_000).toFixed(2)} s`;
}

const FASTEST_BELIEVABLE = 5_000;
const LEAST_SHARE_OF_GENERATION = 0.1;

/** Output tokens a second while generating; null where the figure would mislead. */
export function outputRate(
  outputTokens: number | Missing,
  durationMs: number | Missing,
  ttftMs: number | Missing,
): number | null {
  if (!outputTokens || !durationMs) return null;
  const generationMs = durationMs - (ttftMs ?? 0);
  if (generationMs <= 0) return null;
  const rate = (outputTokens * 1_000) / generationMs;
  const isBurst = generationMs < durationMs * LEAST_SHARE_OF_GENERATION;
  return isBurst && rate > FASTEST_BELIEVABLE ? null : rate;
}

/** A share from 0 to 1. What is not zero never prints as 0 %. */
export function percent(share: number | Missing, decimals = 0): string {
  if (share === null || share === undefined || !Number.isFinite(share)) return MISSING;
  const smallest = 10 ** -decimals;
  const value = share * 100;
  if (value > 0 && value < smallest) return `<${smallest.toFixed(decimals)}%`;
  return `${value.toFixed(decimals)}%`;
}

export function integer(value: number | Missing, locale: string): string {
  return value === null || value === undefined
    ? MISSING
    : new Intl.NumberFormat(locale).format(value);
}

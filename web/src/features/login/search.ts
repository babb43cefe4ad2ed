import { textParam } from "@/lib/url-state";

export interface LoginSearch {
  /** where to go after signing in; believed only when it leads to this console */
  from?: string;
}

const LONGEST_TARGET = 2_000;

export function loginSearch(raw: Record<string, unknown>): LoginSearch {
  return { from: textParam(raw.from, LONGEST_TARGET) };
}

import { QueryClient } from "@tanstack/react-query";
import { UnreachableError } from "@/api/errors";
import { KEEP_MS, STALE_MS } from "@/lib/cadence";

const MOST_TRIES = 5;

export function createQueryClient(): QueryClient {
  return new QueryClient({
    defaultOptions: {
      queries: {
        staleTime: STALE_MS,
        gcTime: KEEP_MS,
        refetchOnWindowFocus: false,
        // During an outage queries wait for the connection; a refusal is never repeated.
        retry: (count, error) => count < MOST_TRIES && error instanceof UnreachableError,
        retryDelay: 0,
      },
      mutations: { networkMode: "always" },
    },
  });
}

/** For a surface that polls: fresh for one interval, and at once when a hidden tab returns. */
export function polling(intervalMs: number, interval: number | false) {
  return {
    refetchInterval: interval,
    staleTime: intervalMs,
    refetchOnWindowFocus: interval !== false,
  };
}

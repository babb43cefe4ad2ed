import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useCallback, useEffect, useReducer, useRef, useState } from "react";
import { api, call } from "@/api/client";
import { keys } from "@/api/keys";
import { polling } from "@/app/queries";
import { useInterval } from "@/lib/cadence";
import { canLoadMore, NO_FEED, nextFeed } from "./feed";
import type { Filters } from "./search";

const PAGE = 50;

function query(filters: Filters, cursor?: string) {
  const { statusCode, ...others } = filters;
  const isNot200 = statusCode === "!200";
  return {
    ...others,
    limit: PAGE,
    cursor,
    statusCode: isNot200 || !statusCode ? undefined : Number(statusCode),
    excludeStatusCode200: isNot200 || undefined,
  };
}

function fetchPage(filters: Filters, signal: AbortSignal, cursor?: string) {
  return call(api.GET("/api/v1/usage-logs", { params: { query: query(filters, cursor) }, signal }));
}

interface Options {
  filters: Filters;
  intervalMs: number;
  isAtTop: boolean;
  /** while a row is being read */
  isResting: boolean;
}

/** The newest page is polled; older ones are fetched by cursor as the reader goes back. */
export function useFeed({ filters, intervalMs, isAtTop, isResting }: Options) {
  const client = useQueryClient();
  const interval = useInterval(intervalMs, !isResting);
  const head = useQuery({
    queryKey: keys.logs(filters),
    queryFn: ({ signal }) => fetchPage(filters, signal),
    ...polling(intervalMs, interval),
  });
  const [feed, dispatch] = useReducer(nextFeed, NO_FEED);
  const [older, setOlder] = useState<"idle" | "loading" | "failed">("idle");
  const running = useRef<AbortController | null>(null);
  const [shown, setShown] = useState(filters);
  if (shown !== filters) {
    setShown(filters);
    setOlder("idle");
    dispatch({ type: "reset" });
  }
  const place = useRef(isAtTop);
  place.current = isAtTop;

  useEffect(() => {
    if (head.data) dispatch({ type: "head", page: head.data, isAtTop: place.current });
  }, [head.data]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: other filters end what is under way
  useEffect(() => () => running.current?.abort(), [filters]);

  const { nextCursor } = feed;
  const loadMore = useCallback(async () => {
    if (nextCursor === null || (running.current && !running.current.signal.aborted)) return;
    const abort = new AbortController();
    running.current = abort;
    setOlder("loading");
    try {
      const page = await fetchPage(filters, abort.signal, nextCursor);
      if (abort.signal.aborted) return;
      dispatch({ type: "older", page });
      setOlder("idle");
    } catch {
      if (!abort.signal.aborted) setOlder("failed");
    } finally {
      if (running.current === abort) running.current = null;
    }
  }, [filters, nextCursor]);

  return {
    head,
    feed,
    older,
    hasMore: canLoadMore(feed),
    loadMore,
    show: useCallback(() => dispatch({ type: "show" }), []),
    refresh: useCallback(
      () => client.invalidateQueries({ queryKey: keys.anyLog, refetchType: "active" }),
      [client],
    ),
  };
}

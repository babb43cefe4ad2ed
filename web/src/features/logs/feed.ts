import type { components } from "@/api/schema";

export type UsageLog = components["schemas"]["UsageLog"];
export type UsageLogList = components["schemas"]["UsageLogList"];

/** Rows held at most; further back lies a narrower filter. */
export const MOST_ROWS = 20_000;

/**
 * The log as a reader sees it: rows that are shown, newest first, and the newest page as it was
 * last polled, of which the new rows wait while the reader is elsewhere.
 */
export interface Feed {
  rows: UsageLog[];
  nextCursor: string | null;
  /** the newest page, kept back */
  waiting: UsageLogList | null;
  /** how many of its rows are not shown yet */
  news: number;
  /** more than a page is new, so that the count is a lower bound */
  hasGap: boolean;
}

export const NO_FEED: Feed = { rows: [], nextCursor: null, waiting: null, news: 0, hasGap: false };

export type FeedEvent =
  | { type: "reset" }
  | { type: "head"; page: UsageLogList; isAtTop: boolean }
  | { type: "older"; page: UsageLogList }
  | { type: "show" };

function newestFirst(a: UsageLog, b: UsageLog): number {
  if (a.createdAt !== b.createdAt) return a.createdAt < b.createdAt ? 1 : -1;
  return b.id - a.id;
}

function merge(rows: UsageLog[], more: UsageLog[]): UsageLog[] {
  const byId = new Map(rows.map((row) => [row.id, row]));
  let isChanged = false;
  for (const row of more) {
    const known = byId.get(row.id);
    if (known && JSON.stringify(known) === JSON.stringify(row)) continue;
    byId.set(row.id, row);
    isChanged = true;
  }
  return isChanged ? [...byId.values()].sort(newestFirst) : rows;
}

function start(page: UsageLogList): Feed {
  return { ...NO_FEED, rows: page.items, nextCursor: page.pageInfo.nextCursor };
}

function takeHead(feed: Feed, page: UsageLogList): Feed {
  const known = new Set(feed.rows.map((row) => row.id));
  const touches = page.items.some((row) => known.has(row.id));
  // Nothing in common with what is shown: rows in between are missing, so begin anew.
  if (!touches && page.pageInfo.hasMore) return start(page);
  const rows = merge(feed.rows, page.items);
  if (rows === feed.rows && feed.waiting === null) return feed;
  return { ...feed, rows, waiting: null, news: 0, hasGap: false };
}

function keepBack(feed: Feed, page: UsageLogList): Feed {
  const known = new Map(feed.rows.map((row) => [row.id, row]));
  const fresh = page.items.filter((row) => !known.has(row.id));
  // Rows that are shown change in place; that moves nothing.
  const rows = merge(
    feed.rows,
    page.items.filter((row) => known.has(row.id)),
  );
  const hasGap = fresh.length === page.items.length && page.pageInfo.hasMore;
  if (rows === feed.rows && fresh.length === feed.news && hasGap === feed.hasGap) return feed;
  return { ...feed, rows, waiting: page, news: fresh.length, hasGap };
}

export function nextFeed(feed: Feed, event: FeedEvent): Feed {
  switch (event.type) {
    case "reset":
      return NO_FEED;
    case "head":
      if (feed.rows.length === 0) return start(event.page);
      return event.isAtTop ? takeHead(feed, event.page) : keepBack(feed, event.page);
    case "older":
      return {
        ...feed,
        rows: merge(feed.rows, event.page.items),
        nextCursor: event.page.pageInfo.nextCursor,
      };
    case "show":
      return feed.waiting ? takeHead(feed, feed.waiting) : feed;
  }
}

export function canLoadMore(feed: Feed): boolean {
  return feed.nextCursor !== null && feed.rows.length < MOST_ROWS;
}

import { describe, expect, it } from "vitest";
import {
  canLoadMore,
  type Feed,
  MOST_ROWS,
  NO_FEED,
  nextFeed,
  type UsageLog,
  type UsageLogList,
} from "./feed";
import { filtersOf, hasFilters, logsSearch } from "./search";

function row(id: number, more: Partial<UsageLog> = {}): UsageLog {
  const createdAt = new Date(1_000_000 + id * 1_000).toISOString();
  return { id, createdAt, statusCode: 200, ...more } as UsageLog;
}

function page(ids: number[], nextCursor: string | null = null): UsageLogList {
  return {
    items: ids.map((id) => row(id)),
    pageInfo: { nextCursor, hasMore: nextCursor !== null, limit: 50 },
  };
}

const idsOf = (feed: Feed) => feed.rows.map(({ id }) => id);
const head = (ids: number[], isAtTop = true, cursor: string | null = null) =>
  ({ type: "head", page: page(ids, cursor), isAtTop }) as const;

describe("the feed", () => {
  const first = nextFeed(NO_FEED, head([5, 4, 3], true, "c3"));

  it("begins with the newest page", () => {
    expect(idsOf(first)).toEqual([5, 4, 3]);
    expect(first.nextCursor).toBe("c3");
  });
  it("is the same object when a poll brings nothing", () => {
    expect(nextFeed(first, head([5, 4, 3], true, "c3"))).toBe(first);
    expect(nextFeed(first, head([5, 4, 3], false, "c3"))).toBe(first);
  });
  it("takes new rows in at the top, and keeps the cursor of the oldest", () => {
    const next = nextFeed(first, head([7, 6, 5], true, "c5"));
    expect(idsOf(next)).toEqual([7, 6, 5, 4, 3]);
    expect(next.nextCursor).toBe("c3");
  });
  it("keeps new rows back while the reader is elsewhere, until they are asked for", () => {
    const waiting = nextFeed(first, head([7, 6, 5], false, "c5"));
    expect(idsOf(waiting)).toEqual([5, 4, 3]);
    expect(waiting.news).toBe(2);
    expect(waiting.hasGap).toBe(false);
    const shown = nextFeed(waiting, { type: "show" });
    expect(idsOf(shown)).toEqual([7, 6, 5, 4, 3]);
    expect(shown.news).toBe(0);
  });
  it("changes a row that is shown in place, wherever the reader is", () => {
    const running = nextFeed(NO_FEED, {
      type: "head",
      page: { ...page([]), items: [row(5, { statusCode: null }), row(4)] },
      isAtTop: true,
    });
    const done = nextFeed(running, head([6, 5, 4], false));
    expect(done.rows[0]?.statusCode).toBe(200);
    expect(idsOf(done)).toEqual([5, 4]);
  });
  it("begins anew when more than a page is new, as rows in between are missing", () => {
    expect(idsOf(nextFeed(first, head([90, 89], true, "c89")))).toEqual([90, 89]);
    const waiting = nextFeed(first, head([90, 89], false, "c89"));
    expect(waiting.hasGap).toBe(true);
    expect(idsOf(nextFeed(waiting, { type: "show" }))).toEqual([90, 89]);
  });
  it("puts a row that was written late where it belongs", () => {
    const sparse = nextFeed(NO_FEED, head([9, 5], true));
    expect(idsOf(nextFeed(sparse, head([9, 7, 5], true)))).toEqual([9, 7, 5]);
  });
  it("orders rows of the same instant by id", () => {
    const createdAt = row(1).createdAt;
    const items = [row(2, { createdAt }), row(3, { createdAt })];
    const more = { ...page([]), items: [row(4, { createdAt }), ...items] };
    const feed = nextFeed(
      nextFeed(NO_FEED, { type: "head", page: { ...page([]), items }, isAtTop: true }),
      {
        type: "head",
        page: more,
        isAtTop: true,
      },
    );
    expect(idsOf(feed)).toEqual([4, 3, 2]);
  });
  it("appends older rows without repeating any", () => {
    const more = nextFeed(first, { type: "older", page: page([3, 2, 1]) });
    expect(idsOf(more)).toEqual([5, 4, 3, 2, 1]);
    expect(canLoadMore(more)).toBe(false);
  });
  it("stops at its ceiling", () => {
    const full = { ...first, rows: Array.from({ length: MOST_ROWS }, (_, id) => row(id)) };
    expect(canLoadMore(first)).toBe(true);
    expect(canLoadMore(full)).toBe(false);
  });
  it("forgets everything when the filters change", () => {
    expect(nextFeed(first, { type: "reset" })).toBe(NO_FEED);
    expect(nextFeed(first, { type: "show" })).toBe(first);
  });
});

describe("the address of the log", () => {
  it("keeps what it understands", () => {
    const raw = {
      statusCode: "!200",
      userId: "7",
      row: "9",
      keyId: "x",
      model: "gpt-5",
      junk: "1",
    };
    expect(logsSearch(raw)).toEqual({ statusCode: "!200", userId: 7, row: 9, model: "gpt-5" });
  });
  it.each(["99", "600", "abc", "2000", ""])("drops the status %j", (statusCode) => {
    expect(logsSearch({ statusCode }).statusCode).toBeUndefined();
  });
  it("tells filters from the open row", () => {
    expect(hasFilters(filtersOf(logsSearch({ row: "9" })))).toBe(false);
    expect(hasFilters(filtersOf(logsSearch({ statusCode: "429" })))).toBe(true);
  });
});

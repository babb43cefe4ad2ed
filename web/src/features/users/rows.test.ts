import { describe, expect, it } from "vitest";
import { hasMatchingKey, rowKey, rowsOf, stateOf } from "./parts/rows";
import { type User, withUser } from "./queries";

const user = (id: number, ...keys: string[]) =>
  ({ id, name: `user ${id}`, keys: keys.map((name, at) => ({ id: id * 10 + at, name })) }) as User;

describe("the rows of users", () => {
  it("have their keys below them when unfolded", () => {
    const rows = rowsOf([user(1, "a", "b"), user(2, "c")], ({ id }) => id === 1);
    expect(rows.map(rowKey)).toEqual(["user-1", "key-10", "key-11", "user-2"]);
  });
  it("unfold for a search that names a key", () => {
    expect(hasMatchingKey(user(1, "Laptop"), "lap")).toBe(true);
    expect(hasMatchingKey(user(1, "Laptop"), "desk")).toBe(false);
    expect(hasMatchingKey(user(1, "Laptop"), undefined)).toBe(false);
  });
});

describe("the state of a user or key", () => {
  it.each([
    [true, null, "on"],
    [true, "1970-01-01T00:00:02.000Z", "on"],
    [true, "1970-01-01T00:00:01.000Z", "expired"],
    [false, "1970-01-01T00:00:01.000Z", "off"],
  ])("enabled %s until %s is %s", (isEnabled, expiresAt, state) => {
    expect(stateOf({ isEnabled, expiresAt }, 1_000)).toBe(state);
  });
});

describe("an optimistic change", () => {
  it("touches one user of one page", () => {
    const pageInfo = { nextCursor: null, hasMore: false, limit: 50 };
    const pages = { pageParams: [undefined], pages: [{ items: [user(1), user(2)], pageInfo }] };
    const next = withUser(pages, 2, (one) => ({ ...one, isEnabled: false }));
    expect(next.pages[0]?.items[0]).toBe(pages.pages[0]?.items[0]);
    expect(next.pages[0]?.items[1]?.isEnabled).toBe(false);
    expect(pages.pages[0]?.items[1]?.isEnabled).toBeUndefined();
  });
});

import { describe, expect, it } from "vitest";
import { absolute, clock, dateOnly, floorHour, hourOfDay, isPast, relative } from "./time";

const NOW = Date.parse("2026-01-31T12:00:00.000Z");
const ago = (seconds: number) => new Date(NOW - seconds * 1_000).toISOString();

describe("relative", () => {
  it.each([
    [0, "now"],
    [59, "now"],
    [-30, "now"],
    [60, "1 min. ago"],
    [3_599, "59 min. ago"],
    [7_200, "2 hr. ago"],
    [86_400, "yesterday"],
    [86_400 * 40, "last mo."],
    [86_400 * 800, "2 yr. ago"],
    [-7_200, "in 2 hr."],
    [-86_400 * 30 + 5, "in 30 days"],
  ])("%i seconds ago reads %s", (seconds, text) => {
    expect(relative(ago(seconds), NOW, "en")).toBe(text);
  });
  it.each([
    ["zh-CN", "2分钟前"],
    ["zh-TW", "2 分鐘前"],
    ["ru", "2 мин. назад"],
    ["ja", "2 分前"],
  ])("speaks %s", (locale, text) => expect(relative(ago(120), NOW, locale)).toBe(text));
  it.each([null, undefined, "", "soon"])("has a dash for %j", (iso) => {
    expect(relative(iso, NOW, "en")).toBe("-");
  });
});

describe("absolute", () => {
  it("shows the zone of the system, not the browser's", () => {
    expect(absolute("2026-01-31T23:30:00.000Z", "en", "UTC")).toMatch(/Jan 31, 2026, 11:30:00\sPM/);
    expect(absolute("2026-01-31T23:30:00.000Z", "en", "Asia/Tokyo")).toMatch(
      /Feb 1, 2026, 8:30:00\sAM/,
    );
  });
  it("has a dash for what is no instant", () => {
    expect(absolute(null, "en", "UTC")).toBe("-");
    expect(absolute("x", "en", "UTC")).toBe("-");
    expect(dateOnly(undefined, "en", "UTC")).toBe("-");
  });
});

describe("parts of an instant", () => {
  const iso = "2026-01-31T23:05:09.000Z";
  it("has a date", () => expect(dateOnly(iso, "en", "Asia/Tokyo")).toBe("Feb 1, 2026"));
  it("has a clock", () => expect(clock(iso, "en", "UTC")).toMatch(/11:05:09\sPM/));
  it("has an hour", () => expect(hourOfDay(iso, "en", "UTC")).toBe("23:05"));
  it("begins with its hour", () => {
    expect(new Date(floorHour(Date.parse(iso))).toISOString()).toBe("2026-01-31T23:00:00.000Z");
  });
});

describe("isPast", () => {
  it("includes this instant", () => expect(isPast(ago(0), NOW)).toBe(true));
  it("excludes what is to come", () => expect(isPast(ago(-1), NOW)).toBe(false));
  it("never is without an end", () => expect(isPast(null, NOW)).toBe(false));
});

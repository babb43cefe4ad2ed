import { describe, expect, it } from "vitest";
import { duration, integer, outputRate, percent, tokens } from "./format";

describe("tokens", () => {
  it.each([
    [0, "0"],
    [999, "999"],
    [1_000, "1K"],
    [1_234, "1.23K"],
    [999_994, "999.99K"],
    [999_999, "1M"],
    [7_820_000, "7.82M"],
  ])("%i reads %s", (count, text) => expect(tokens(count)).toBe(text));

  it("has a dash for what does not apply", () => {
    expect(tokens(null)).toBe("-");
    expect(tokens(undefined)).toBe("-");
  });
});

describe("duration", () => {
  it.each([
    [0, "0 ms"],
    [999, "999 ms"],
    [1_000, "1.00 s"],
    [2_417, "2.42 s"],
    [null, "-"],
    [undefined, "-"],
  ])("%s reads %s", (ms, text) => expect(duration(ms)).toBe(text));
});

describe("outputRate", () => {
  it("divides by the time after the first content", () => {
    expect(outputRate(100, 3_000, 1_000)).toBe(50);
  });
  it("takes the whole time when the first content is unknown", () => {
    expect(outputRate(100, 2_000, null)).toBe(50);
  });
  it.each([
    ["no output", 0, 1_000, 1],
    ["no duration", 5, null, 1],
    ["no time to generate", 5, 1_000, 1_000],
    ["a burst at the end that nobody would believe", 1_000, 1_000, 950],
  ])("is unknown with %s", (_why, output, ms, ttft) => {
    expect(outputRate(output, ms, ttft)).toBeNull();
  });
  it("believes a slow end", () => expect(outputRate(100, 1_000, 950)).toBe(2_000));
});

describe("percent", () => {
  it.each([
    [0, 0, "0%"],
    [0.0001, 0, "<1%"],
    [0.0749, 1, "7.5%"],
    [0.0001, 1, "<0.1%"],
    [1, 0, "100%"],
    [Number.NaN, 0, "-"],
    [null, 0, "-"],
    [undefined, 0, "-"],
  ])("%s with %i decimals reads %s", (share, decimals, text) => {
    expect(percent(share, decimals)).toBe(text);
  });
});

describe("integer", () => {
  it.each([
    ["en", "1,204"],
    ["ru", "1\u00a0204"],
    ["ja", "1,204"],
    ["zh-CN", "1,204"],
    ["zh-TW", "1,204"],
  ])("groups as %s does", (locale, text) => expect(integer(1_204, locale)).toBe(text));
  it("has a dash for what does not apply", () => {
    expect(integer(null, "en")).toBe("-");
    expect(integer(undefined, "en")).toBe("-");
  });
});

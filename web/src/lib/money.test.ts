import { describe, expect, it } from "vitest";
import { addDecimals, currencySymbol, money, roundDecimal, trimDecimal } from "./money";

describe("roundDecimal", () => {
  it.each([
    ["0.008277000000000", 6, "0.008277"],
    ["0.0000005", 6, "0.000001"],
    ["0.9999999", 6, "1.000000"],
    ["12.345", 2, "12.35"],
    ["12.5", 0, "13"],
    ["12.4", 0, "12"],
    ["7", 2, "7.00"],
    ["-1.005", 2, "-1.01"],
    ["-0.001", 2, "0.00"],
    ["123456789012345678.129", 2, "123456789012345678.13"],
  ])("%s to %i places is %s", (text, places, result) => {
    expect(roundDecimal(text, places)).toBe(result);
  });
  it.each(["", "abc", "1e5", "1.", ".5"])("%j is no decimal", (text) => {
    expect(roundDecimal(text, 2)).toBeNull();
  });
});

describe("money", () => {
  it.each([
    ["1204.5", "USD", 2, "$1,204.50"],
    ["1204567.5", "EUR", 0, "€1,204,568"],
    ["-3", "CNY", 2, "-¥3.00"],
    ["1", "XXX", 2, "XXX1.00"],
    ["no number", "USD", 2, "-"],
    [null, "USD", 2, "-"],
    [undefined, "USD", 2, "-"],
  ])("%s in %s reads %s", (text, currency, places, result) => {
    expect(money(text, currency, places)).toBe(result);
  });
  it("knows every currency that can be displayed", () => {
    for (const code of ["USD", "CNY", "EUR", "JPY", "GBP", "HKD", "TWD", "KRW", "SGD"]) {
      expect(currencySymbol(code)).not.toBe(code);
    }
  });
});

describe("addDecimals", () => {
  it("adds what floats cannot", () => {
    expect(addDecimals(["0.1", "0.2"])).toBe("0.300000000000000");
    expect(addDecimals(["90071992547409931.000000000000001", "0.000000000000001"])).toBe(
      "90071992547409931.000000000000002",
    );
  });
  it("skips what is missing or no decimal", () => {
    expect(addDecimals([null, undefined, "x", "-1.5"])).toBe("-1.500000000000000");
  });
  it("of nothing is zero", () => expect(addDecimals([])).toBe("0.000000000000000"));
});

describe("trimDecimal", () => {
  it.each([
    ["25.00", "25"],
    ["12.50", "12.5"],
    ["100", "100"],
    [null, ""],
    [undefined, ""],
  ])("%s is edited as %s", (text, result) => expect(trimDecimal(text)).toBe(result));
});

import { describe, expect, it } from "vitest";
import { formMessage, readFormMessage } from "./messages";
import { decimal, httpUrl, optionalText, requiredText, wholeNumber, zeroOr } from "./rules";

interface Rule {
  safeParse(value: unknown): { success: boolean };
}
const accepts = (rule: Rule, text: string) => rule.safeParse(text).success;

describe("messages of rules", () => {
  it("carry their values to where they are shown", () => {
    const text = formMessage("form.tooLong", { max: 64 });
    expect(readFormMessage(text)).toEqual({ key: "form.tooLong", values: { max: "64" } });
  });
  it("are told from a server's own words", () => expect(readFormMessage("no")).toBeNull());
  it("name what is wrong", () => {
    const result = requiredText(3).safeParse("abcd");
    expect(result.error?.issues[0]?.message).toBe("form.tooLong?max=3");
  });
});

describe("rules", () => {
  it.each<[string, Rule, string[], string[]]>([
    ["required text", requiredText(3), ["a", "abc", " abc "], ["", "   ", "abcd"]],
    ["optional text", optionalText(3), ["", "abc"], ["abcd"]],
    [
      "a whole number",
      wholeNumber(1, 100, false),
      ["1", "100", " 7 "],
      ["", "0", "101", "1.5", "-1", "x"],
    ],
    ["an optional whole number", wholeNumber(1, 100, true), ["", "5"], ["0"]],
    ["zero or more", zeroOr(1_000, 2_000), ["0", "1000", "2000"], ["", "1", "999", "2001"]],
    [
      "a decimal",
      decimal(100, 2, false),
      ["0", "1.25", "100", "100.00"],
      ["", "100.01", "1.255", "1e2", ".5", "-1", "1,5"],
    ],
    ["an optional decimal", decimal(100, 2, true), ["", "1"], ["x"]],
    [
      "an address",
      httpUrl(40, false),
      ["https://a.example", "http://127.0.0.1:8080/v1"],
      ["", "a.example", "ftp://a.example", `https://a.example/${"x".repeat(40)}`],
    ],
    ["an optional address", httpUrl(40, true), ["", "https://a.example"], ["no"]],
  ])("%s", (_name, rule, good, bad) => {
    for (const text of good) expect(accepts(rule, text), text).toBe(true);
    for (const text of bad) expect(accepts(rule, text), text).toBe(false);
  });
});

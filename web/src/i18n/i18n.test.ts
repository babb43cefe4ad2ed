import { describe, expect, it } from "vitest";
import { cookieLocale, isLocale, matchLocale } from "./config";
import { hasMessage, loadCatalogue, type MessageKey, translate } from "./loader";

describe("the first language", () => {
  it.each([
    [["ja"], "ja"],
    [["en-GB", "ja"], "en"],
    [["zh"], "zh-CN"],
    [["zh-Hant-HK"], "zh-TW"],
    [["zh-TW"], "zh-TW"],
    [["zh-SG"], "zh-CN"],
    [["fr", "ru-RU"], "ru"],
    [["fr", "de"], null],
    [[], null],
  ])("for %j is %s", (wanted, locale) => expect(matchLocale(wanted)).toBe(locale));
  it("is the cookie's when it is one of ours", () => {
    expect(cookieLocale("a=1; NEXT_LOCALE=ru; b=2")).toBe("ru");
    expect(cookieLocale("NEXT_LOCALE=xx")).toBeNull();
    expect(cookieLocale("MY_NEXT_LOCALE=ru")).toBeNull();
    expect(isLocale(undefined)).toBe(false);
  });
});

describe("messages", () => {
  it("use the plural forms of each language", async () => {
    await Promise.all([loadCatalogue("ru", "logs"), loadCatalogue("en", "logs")]);
    const loaded = (locale: "ru" | "en", count: number) =>
      translate(locale, "logs.loaded", { count });
    expect([1, 2, 5, 21].map((count) => loaded("ru", count))).toEqual([
      "Загружен 1 запрос",
      "Загружено 2 запроса",
      "Загружено 5 запросов",
      "Загружен 21 запрос",
    ]);
    expect(loaded("en", 1)).toBe("1 request loaded");
  });
  it("that are missing show their key, and a missing value breaks nothing", async () => {
    await loadCatalogue("en", "shell");
    expect(translate("en", "no.such.key" as MessageKey)).toBe("no.such.key");
    expect(hasMessage("en", "no.such.key")).toBe(false);
    expect(translate("en", "app.version")).toContain("Version");
  });
});

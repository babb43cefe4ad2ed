import { describe, expect, it } from "vitest";
import { initials, shortId } from "./ids";
import { isLoginPath, safeTarget } from "./redirect";
import {
  choiceParam,
  droppedParams,
  idParam,
  noting,
  parseSearch,
  stringifySearch,
  takeDropped,
  textParam,
} from "./url-state";

describe("safeTarget", () => {
  it.each(["/en/dashboard", "/en/dashboard/logs?statusCode=429&x=%20", "/"])("keeps %s", (from) => {
    expect(safeTarget(from)).toBe(from);
  });
  it.each([
    undefined,
    "",
    "dashboard",
    "//evil.example/x",
    "https://evil.example",
    "https:%2F%2Fevil.example",
    "/\\evil.example",
    "/%5Cevil.example",
    "/%2Fevil.example",
    "/a%0d%0ab",
    "/a\nb",
    "/%",
    "javascript:alert(1)",
  ])("refuses %j", (from) => expect(safeTarget(from)).toBeNull());
});

describe("isLoginPath", () => {
  it.each(["/login", "/en/login", "/en/login?from=x", "/ru/login/"])("%s is one", (path) => {
    expect(isLoginPath(path)).toBe(true);
  });
  it.each(["/en/dashboard", "/en/logins", "/"])("%s is none", (path) => {
    expect(isLoginPath(path)).toBe(false);
  });
});

describe("search parameters", () => {
  it("are plain text both ways", () => {
    const text = "?statusCode=%21200&model=gpt-5";
    expect(parseSearch(text)).toEqual({ statusCode: "!200", model: "gpt-5" });
    expect(stringifySearch({ statusCode: "!200", model: "gpt-5" })).toBe(text);
  });
  it("leave out what is empty", () => {
    expect(stringifySearch({ a: undefined, b: null, c: "", d: 0 })).toBe("?d=0");
    expect(stringifySearch({})).toBe("");
  });
  it.each([
    ["7", 7],
    [7, 7],
    ["0", undefined],
    ["-1", undefined],
    ["07", undefined],
    ["1.5", undefined],
    ["9999999999999999", undefined],
    ["x", undefined],
    [undefined, undefined],
  ])("%j as an id is %s", (value, id) => expect(idParam(value)).toBe(id));
  it.each([
    ["  a ", "a"],
    [5, "5"],
    ["   ", undefined],
    ["abcd", undefined],
    [null, undefined],
    [{}, undefined],
  ])("%j as a text is %s", (value, text) => expect(textParam(value, 3)).toBe(text));
  it("are one of the choices or nothing", () => {
    expect(choiceParam("b", ["a", "b"])).toBe("b");
    expect(choiceParam("c", ["a", "b"])).toBeUndefined();
  });
  it("name what nobody understood", () => {
    expect(droppedParams({ a: "1", b: "x", c: "", d: undefined }, { a: 1 })).toEqual(["b"]);
  });
  it("remember once what was dropped", () => {
    const parse = noting((raw) => ({ a: idParam(raw.a) }));
    expect(parse({ a: "x", b: "y" })).toEqual({ a: undefined });
    parse({ a: "x" });
    expect(takeDropped()).toEqual(["a", "b"]);
    expect(takeDropped()).toEqual([]);
  });
});

describe("ids and names", () => {
  it("are whole when short", () => expect(shortId("0123456789abcdef")).toBe("0123456789abcdef"));
  it("keep both ends when long", () => {
    expect(shortId("0123456789abcdefghij")).toBe("0123456789a…ghij");
  });
  it.each([
    ["Admin Token", "AT"],
    ["alice", "A"],
    ["王 小明", "王小"],
    ["", "?"],
  ])("%s has the initials %s", (name, text) => expect(initials(name)).toBe(text));
});

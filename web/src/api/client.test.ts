import { onlineManager, QueryClient } from "@tanstack/react-query";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { captureDrafts, dropAllDrafts, peekDraft, watchDraft } from "@/lib/drafts";
import { api, call, callTagged, ifMatch, setCsrfToken } from "./client";
import { outage, reportReachable, tryNow } from "./connection";
import { ProblemError, retryAfter, toProblem, UnreachableError } from "./errors";
import {
  ensureSession,
  refreshSession,
  session,
  sessionLost,
  signOut,
  watchSession,
} from "./session";

type Answer = Response | Error;
let answers: Record<string, Answer[]>;
let asked: Request[];

/** The network: answers in turn for each path, and remembers what was asked. */
beforeEach(() => {
  answers = {};
  asked = [];
  setCsrfToken(null);
  vi.stubGlobal("fetch", async (input: Request | URL) => {
    const request = input instanceof Request ? input : new Request(input);
    asked.push(request);
    const next = answers[new URL(request.url).pathname]?.shift();
    if (next === undefined || next instanceof Error) throw next ?? new TypeError("refused");
    return next;
  });
});
afterEach(() => {
  reportReachable();
  vi.unstubAllGlobals();
  vi.useRealTimers();
});

const json = (body: unknown, status = 200, headers = {}) =>
  new Response(JSON.stringify(body), {
    status,
    headers: { "content-type": "application/json", ...headers },
  });
const problem = (status: number, errorCode: string, headers = {}) =>
  json(
    { status, errorCode, title: "", detail: "", instance: "", type: "", requestId: "r" },
    status,
    headers,
  );
const csrfOf = (request: Request | undefined) => request?.headers.get("X-Millrace-CSRF");
const rename = () =>
  call(api.PATCH("/api/v1/users/{id}", { params: { path: { id: 7 } }, body: { name: "x" } }));

describe("the client", () => {
  it("fetches one token for many changes", async () => {
    answers["/api/v1/auth/csrf"] = [json({ csrfToken: "t1" })];
    answers["/api/v1/users/7"] = [json({ id: 7, updated: true }), json({ id: 7, updated: true })];
    await rename();
    await rename();
    expect(asked.map(csrfOf)).toEqual([null, "t1", "t1"]);
  });
  it("fetches a new token once when the old one is refused", async () => {
    setCsrfToken("stale");
    answers["/api/v1/auth/csrf"] = [json({ csrfToken: "fresh" })];
    answers["/api/v1/users/7"] = [
      problem(403, "auth.csrf_invalid"),
      json({ id: 7, updated: true }),
    ];
    await rename();
    expect(asked.map(csrfOf)).toEqual(["stale", null, "fresh"]);
    expect(await asked[2]?.text()).toBe('{"name":"x"}');
  });
  it("gives up when the new token is refused too", async () => {
    setCsrfToken("stale");
    answers["/api/v1/auth/csrf"] = [json({ csrfToken: "also stale" })];
    answers["/api/v1/users/7"] = [
      problem(403, "auth.csrf_invalid"),
      problem(403, "auth.csrf_invalid"),
    ];
    await expect(rename()).rejects.toBeInstanceOf(ProblemError);
    expect(asked).toHaveLength(3);
  });
  it("does not ask for a token to be refused another way", async () => {
    setCsrfToken("good");
    answers["/api/v1/users/7"] = [problem(403, "auth.forbidden")];
    await expect(rename()).rejects.toMatchObject({ problem: { errorCode: "auth.forbidden" } });
    expect(asked).toHaveLength(1);
  });
  it("hands the version of a resource on", async () => {
    answers["/api/v1/users/7"] = [json({ id: 7 }, 200, { ETag: '"3"' })];
    const { etag } = await callTagged(
      api.GET("/api/v1/users/{id}", { params: { path: { id: 7 } } }),
    );
    expect(ifMatch(etag)).toEqual({ header: { "If-Match": '"3"' } });
    expect(ifMatch(null)).toEqual({});
  });
  it("tells how long to wait", async () => {
    answers["/api/v1/auth/login"] = [problem(429, "RATE_LIMITED", { "Retry-After": "42" })];
    const login = call(api.POST("/api/v1/auth/login", { body: { key: "x" } }));
    await expect(login).rejects.toMatchObject({ retryAfterSeconds: 42 });
  });
});

describe("refusals", () => {
  it("that are no problem documents become one", () => {
    expect(toProblem(500, "/p", "<html>").errorCode).toBe("internal.error");
    expect(toProblem(404, "/p", null)).toMatchObject({ status: 404, errorCode: "request.invalid" });
  });
  it.each([
    ["7", 7],
    [null, null],
    ["soon", null],
    ["Thu, 01 Jan 1970 00:01:00 GMT", 60],
  ])("Retry-After %j is %s", (header, seconds) => expect(retryAfter(header, 0)).toBe(seconds));
});

describe("an outage", () => {
  it("stops the polls, looks again ever more slowly, and ends by itself", async () => {
    vi.useFakeTimers();
    answers["/api/v1/providers"] = [new TypeError("refused")];
    await expect(call(api.GET("/api/v1/providers"))).rejects.toBeInstanceOf(UnreachableError);
    expect(onlineManager.isOnline()).toBe(false);
    expect(outage.get()?.tries).toBe(0);
    await vi.advanceTimersByTimeAsync(1_000);
    expect(outage.get()?.tries).toBe(1);
    await vi.advanceTimersByTimeAsync(1_999);
    expect(outage.get()?.tries).toBe(1);
    answers["/api/v1/health"] = [json({ status: "ok" })];
    await vi.advanceTimersByTimeAsync(1);
    expect(outage.get()).toBeNull();
    expect(onlineManager.isOnline()).toBe(true);
  });
  it("ends at once when a look that was asked for succeeds", async () => {
    answers["/api/v1/providers"] = [new Response(null, { status: 502 })];
    await expect(call(api.GET("/api/v1/providers"))).rejects.toBeInstanceOf(UnreachableError);
    answers["/api/v1/health"] = [json({ status: "ok" })];
    await tryNow();
    expect(outage.get()).toBeNull();
  });
  it("is not what an aborted request is", async () => {
    const abort = new AbortController();
    abort.abort();
    answers["/api/v1/providers"] = [new DOMException("aborted", "AbortError")];
    await expect(call(api.GET("/api/v1/providers", { signal: abort.signal }))).rejects.toThrow();
    expect(outage.get()).toBeNull();
  });
});

describe("a session", () => {
  afterEach(() => {
    session.set(undefined);
    sessionLost.set(false);
    dropAllDrafts();
  });
  it("is asked for once, and brings the token for changes", async () => {
    answers["/api/v1/auth/session"] = [json({ role: "admin", csrfToken: "t" })];
    answers["/api/v1/users/7"] = [json({ id: 7, updated: true })];
    await ensureSession();
    await ensureSession();
    await rename();
    expect(asked.map(csrfOf)).toEqual([null, "t"]);
  });
  it("is none after a 401, and unknown when nobody answers", async () => {
    answers["/api/v1/auth/session"] = [problem(401, "auth.missing"), new TypeError("refused")];
    expect(await refreshSession()).toBeNull();
    await expect(refreshSession()).rejects.toBeInstanceOf(UnreachableError);
  });
  it("that ends by itself keeps drafts and forgets data", async () => {
    const client = new QueryClient();
    const onLost = vi.fn();
    watchSession(client, onLost);
    answers["/api/v1/auth/session"] = [json({ role: "admin", csrfToken: "t" })];
    await refreshSession();
    client.setQueryData(["users"], ["alice"]);
    watchDraft("form", () => "half");
    answers["/api/v1/users"] = [problem(401, "auth.invalid")];
    await expect(call(api.GET("/api/v1/users"))).rejects.toBeInstanceOf(ProblemError);
    expect(onLost).toHaveBeenCalledOnce();
    expect(client.getQueryData(["users"])).toBeUndefined();
    expect(sessionLost.get()).toBe(true);
    expect(peekDraft("form")).toBe("half");
  });
  it("that is signed out of keeps nothing", async () => {
    const client = new QueryClient();
    session.set({ role: "admin" } as never);
    watchDraft("form", () => "half");
    captureDrafts();
    answers["/api/v1/auth/csrf"] = [json({ csrfToken: "t" })];
    answers["/api/v1/auth/logout"] = [json({ ok: true })];
    await signOut(client);
    expect(session.get()).toBeNull();
    expect(peekDraft("form")).toBeUndefined();
  });
});

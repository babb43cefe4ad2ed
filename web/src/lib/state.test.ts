import { act, renderHook } from "@testing-library/react";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { every, after as later, logsCadence, paused, useInterval, useNow } from "./cadence";
import { captureDrafts, dropAllDrafts, dropDraft, peekDraft, watchDraft } from "./drafts";
import { readJson, writeJson } from "./prefs";
import { createStore, useStore } from "./store";

describe("a store", () => {
  it("tells its listeners of changes, and of nothing else", () => {
    const store = createStore(1);
    const heard = vi.fn();
    const leave = store.subscribe(heard);
    store.set(1);
    store.set(2);
    leave();
    store.set(3);
    expect(heard).toHaveBeenCalledTimes(1);
  });
  it("renders its readers again", () => {
    const store = createStore("a");
    const { result } = renderHook(() => useStore(store));
    act(() => store.set("b"));
    expect(result.current).toBe("b");
  });
});

describe("cadence", () => {
  beforeEach(() => {
    vi.useFakeTimers();
  });
  afterEach(() => {
    vi.useRealTimers();
    paused.set(false);
  });
  it("runs later, once, unless cancelled", () => {
    const run = vi.fn();
    later(100, run);
    later(100, run)();
    vi.advanceTimersByTime(300);
    expect(run).toHaveBeenCalledTimes(1);
  });
  it("runs again and again until stopped", () => {
    const run = vi.fn();
    const stop = every(100, run);
    vi.advanceTimersByTime(350);
    stop();
    vi.advanceTimersByTime(300);
    expect(run).toHaveBeenCalledTimes(3);
  });
  it.each([
    [undefined, 5_000],
    [Number.NaN, 5_000],
    [1, 250],
    [2_000, 2_000],
    [1e9, 60_000],
  ])("holds the log's interval within bounds: %s", (configured, ms) => {
    expect(logsCadence(configured)).toBe(ms);
  });
  it("polls nothing while paused or inactive", () => {
    const { result, rerender } = renderHook(({ on }) => useInterval(1_000, on), {
      initialProps: { on: true },
    });
    expect(result.current).toBe(1_000);
    act(() => paused.set(true));
    expect(result.current).toBe(false);
    act(() => paused.set(false));
    rerender({ on: false });
    expect(result.current).toBe(false);
  });
  it("shares one clock, which stops when nobody looks", () => {
    vi.setSystemTime(1_000_000);
    const first = renderHook(() => useNow("second"));
    const second = renderHook(() => useNow("second"));
    act(() => vi.advanceTimersByTime(3_000));
    expect(first.result.current).toBe(1_003_000);
    expect(second.result.current).toBe(1_003_000);
    first.unmount();
    expect(vi.getTimerCount()).toBe(1);
    second.unmount();
    expect(vi.getTimerCount()).toBe(0);
  });
  it("has a clock for minutes too", () => {
    vi.setSystemTime(5_000_000);
    const { result } = renderHook(() => useNow("minute"));
    act(() => vi.advanceTimersByTime(60_000));
    expect(result.current).toBe(5_060_000);
  });
});

describe("drafts", () => {
  afterEach(dropAllDrafts);
  it("keep what open forms hold when the session ends", () => {
    watchDraft("dirty", () => ({ name: "x" }));
    watchDraft("clean", () => undefined);
    captureDrafts();
    expect(peekDraft("dirty")).toEqual({ name: "x" });
    expect(peekDraft("clean")).toBeUndefined();
    dropDraft("dirty");
    expect(peekDraft("dirty")).toBeUndefined();
  });
  it("forget forms that were closed, but not their successors", () => {
    const close = watchDraft("form", () => 1);
    watchDraft("form", () => 2);
    close();
    captureDrafts();
    expect(peekDraft("form")).toBe(2);
    watchDraft("form", () => 3)();
    dropAllDrafts();
    captureDrafts();
    expect(peekDraft("form")).toBeUndefined();
  });
});

describe("preferences", () => {
  it("come back as they were written", () => {
    writeJson("test.one", { a: [1] });
    expect(readJson("test.one", null)).toEqual({ a: [1] });
  });
  it("fall back where nothing useful is stored", () => {
    localStorage.setItem("test.two", "{broken");
    expect(readJson("test.two", 7)).toBe(7);
    expect(readJson("test.none", 8)).toBe(8);
  });
});

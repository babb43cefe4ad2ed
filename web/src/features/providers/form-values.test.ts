import { describe, expect, it } from "vitest";
import { EMPTY, fromProvider, rulesFor, toBody, toPatch } from "./parts/form-values";
import type { Provider } from "./queries";

const provider: Provider = {
  id: 3,
  name: "claude-a",
  url: "https://api.example.com",
  maskedKey: "sk-a••••••9xyz",
  providerType: "claude",
  isEnabled: true,
  weight: 5,
  priority: 0,
  groupTag: null,
  costMultiplier: "1.2500",
  websiteUrl: null,
  firstByteTimeoutStreamingMs: 0,
  streamingIdleTimeoutMs: 60_000,
  requestTimeoutNonStreamingMs: 0,
  createdAt: "2026-01-31T09:15:02.417Z",
  updatedAt: "2026-01-31T09:15:02.417Z",
};

describe("a provider's form", () => {
  it("sends numbers as numbers, decimals as text and nothing as null", () => {
    const body = toBody({ ...EMPTY, name: "a", weight: "7", cost_multiplier: "1.25" });
    expect(body).toMatchObject({
      weight: 7,
      cost_multiplier: "1.25",
      group_tag: null,
      website_url: null,
      first_byte_timeout_streaming_ms: 0,
    });
  });
  it("shows what is stored, but no secret", () => {
    expect(fromProvider(provider)).toMatchObject({ key: "", cost_multiplier: "1.25", weight: "5" });
  });
  it("sends only what was touched, and never an empty secret", () => {
    const values = { ...fromProvider(provider), weight: "9" };
    expect(toPatch(values, { weight: true, key: true })).toEqual({ weight: 9 });
    expect(toPatch({ ...values, key: "new" }, { key: true })).toEqual({ key: "new" });
    expect(toPatch(values, {})).toEqual({});
  });
  it("needs a secret only for a new provider", () => {
    const values = fromProvider(provider);
    expect(rulesFor(false).safeParse(values).success).toBe(true);
    expect(rulesFor(true).safeParse(values).success).toBe(false);
  });
  it.each([
    ["weight", "0"],
    ["weight", "101"],
    ["url", "ftp://x"],
    ["streaming_idle_timeout_ms", "59999"],
    ["cost_multiplier", "1.23456"],
    ["name", "x".repeat(65)],
  ])("refuses %s %s", (field, value) => {
    expect(rulesFor(false).safeParse({ ...fromProvider(provider), [field]: value }).success).toBe(
      false,
    );
  });
});

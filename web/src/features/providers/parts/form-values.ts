import * as z from "zod/mini";
import { PROVIDER_TYPES } from "@/app/provider-types";
import { trimDecimal } from "@/lib/money";
import { decimal, httpUrl, optionalText, requiredText, wholeNumber, zeroOr } from "@/lib/rules";
import type { Provider, ProviderCreate } from "../queries";

const LONGEST_SECRET = 1_048_576;
const MOST_PRIORITY = 2_147_483_647;

/** Numbers stay text while they are edited; an empty secret means "keep" when editing. */
export function rulesFor(isNew: boolean) {
  return z.object({
    name: requiredText(64),
    provider_type: z.enum(PROVIDER_TYPES),
    url: httpUrl(255, false),
    key: isNew ? requiredText(LONGEST_SECRET) : optionalText(LONGEST_SECRET),
    is_enabled: z.boolean(),
    weight: wholeNumber(1, 100, false),
    priority: wholeNumber(0, MOST_PRIORITY, false),
    group_tag: optionalText(255),
    cost_multiplier: decimal(1_000, 4, false),
    website_url: httpUrl(2_048, true),
    first_byte_timeout_streaming_ms: zeroOr(1_000, 180_000),
    streaming_idle_timeout_ms: zeroOr(60_000, 600_000),
    request_timeout_non_streaming_ms: zeroOr(60_000, 1_800_000),
  });
}

export type Values = z.infer<ReturnType<typeof rulesFor>>;

export const EMPTY: Values = {
  name: "",
  provider_type: "claude",
  url: "",
  key: "",
  is_enabled: true,
  weight: "1",
  priority: "0",
  group_tag: "",
  cost_multiplier: "1",
  website_url: "",
  first_byte_timeout_streaming_ms: "0",
  streaming_idle_timeout_ms: "0",
  request_timeout_non_streaming_ms: "0",
};

export function fromProvider(provider: Provider): Values {
  return {
    name: provider.name,
    provider_type: PROVIDER_TYPES.find((type) => type === provider.providerType) ?? "claude",
    url: provider.url,
    key: "",
    is_enabled: provider.isEnabled,
    weight: String(provider.weight),
    priority: String(provider.priority),
    group_tag: provider.groupTag ?? "",
    cost_multiplier: trimDecimal(provider.costMultiplier),
    website_url: provider.websiteUrl ?? "",
    first_byte_timeout_streaming_ms: String(provider.firstByteTimeoutStreamingMs),
    streaming_idle_timeout_ms: String(provider.streamingIdleTimeoutMs),
    request_timeout_non_streaming_ms: String(provider.requestTimeoutNonStreamingMs),
  };
}

export function toBody(values: Values): ProviderCreate {
  return {
    ...values,
    weight: Number(values.weight),
    priority: Number(values.priority),
    group_tag: values.group_tag || null,
    website_url: values.website_url || null,
    first_byte_timeout_streaming_ms: Number(values.first_byte_timeout_streaming_ms),
    streaming_idle_timeout_ms: Number(values.streaming_idle_timeout_ms),
    request_timeout_non_streaming_ms: Number(values.request_timeout_non_streaming_ms),
  };
}

/** Only what was touched, and never an empty secret. */
export function toPatch(values: Values, dirty: Partial<Record<keyof Values, unknown>>) {
  const entries = Object.entries(toBody(values)).filter(
    ([name]) => dirty[name as keyof Values] && !(name === "key" && values.key === ""),
  );
  return Object.fromEntries(entries);
}

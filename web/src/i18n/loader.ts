import { IntlMessageFormat } from "intl-messageformat";
import type { Locale } from "./config";
import type dashboard from "./locales/en/dashboard.json";
import type login from "./locales/en/login.json";
import type logs from "./locales/en/logs.json";
import type providers from "./locales/en/providers.json";
import type shell from "./locales/en/shell.json";
import type users from "./locales/en/users.json";

export type MessageKey =
  | keyof typeof shell
  | keyof typeof login
  | keyof typeof dashboard
  | keyof typeof logs
  | keyof typeof users
  | keyof typeof providers;

export type Feature = "shell" | "login" | "dashboard" | "logs" | "users" | "providers";
export type Values = Record<string, string | number | boolean | Date | null | undefined>;
type Catalogue = Record<string, string>;

const files = import.meta.glob<Catalogue>("./locales/*/*.json", { import: "default" });
const messages = new Map<Locale, Catalogue>();
const loaded = new Set<string>();
const formats = new Map<string, IntlMessageFormat>();

export async function loadCatalogue(locale: Locale, ...features: Feature[]): Promise<void> {
  await Promise.all(
    features.map(async (feature) => {
      const path = `./locales/${locale}/${feature}.json`;
      if (loaded.has(path)) return;
      const catalogue = await files[path]?.();
      messages.set(locale, { ...messages.get(locale), ...catalogue });
      loaded.add(path);
    }),
  );
}

export function hasMessage(locale: Locale, key: string): key is MessageKey {
  return messages.get(locale)?.[key] !== undefined;
}

export function translate(locale: Locale, key: MessageKey, values?: Values): string {
  const message = messages.get(locale)?.[key];
  if (message === undefined) return key;
  if (!message.includes("{") && !message.includes("'")) return message;
  const name = `${locale} ${key}`;
  let format = formats.get(name);
  if (!format) {
    format = new IntlMessageFormat(message, locale);
    formats.set(name, format);
  }
  try {
    return String(format.format(values));
  } catch {
    return message; // a value is missing: better the bare message than no page
  }
}

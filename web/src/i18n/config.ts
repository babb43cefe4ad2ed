export const LOCALES = ["zh-CN", "zh-TW", "en", "ru", "ja"] as const;
export type Locale = (typeof LOCALES)[number];
export const DEFAULT_LOCALE: Locale = "zh-CN";

/** Each language by its own name. */
export const LOCALE_NAMES: Record<Locale, string> = {
  "zh-CN": "简体中文",
  "zh-TW": "繁體中文",
  en: "English",
  ru: "Русский",
  ja: "日本語",
};

const COOKIE = "NEXT_LOCALE";
const YEAR_SECONDS = 31_536_000;

export function isLocale(text: string | undefined): text is Locale {
  return LOCALES.some((locale) => locale === text);
}

/** The first language of the browser that we speak: exactly, by script, or by language alone. */
export function matchLocale(wanted: readonly string[]): Locale | null {
  for (const tag of wanted) {
    const lower = tag.toLowerCase();
    const exact = LOCALES.find((locale) => locale.toLowerCase() === lower);
    if (exact) return exact;
    const language = lower.split("-")[0];
    if (language === "zh") return /hant|-tw|-hk|-mo/.test(lower) ? "zh-TW" : "zh-CN";
    const same = LOCALES.find((locale) => locale === language);
    if (same) return same;
  }
  return null;
}

export function cookieLocale(cookies: string): Locale | null {
  const match = new RegExp(`(?:^|;\\s*)${COOKIE}=([^;]+)`).exec(cookies);
  return isLocale(match?.[1]) ? match[1] : null;
}

export function preferredLocale(): Locale {
  return cookieLocale(document.cookie) ?? matchLocale(navigator.languages) ?? DEFAULT_LOCALE;
}

export function rememberLocale(locale: Locale): void {
  // biome-ignore lint/suspicious/noDocumentCookie: the Cookie Store API needs a secure context
  document.cookie = `${COOKIE}=${locale}; path=/; max-age=${YEAR_SECONDS}; samesite=lax`;
}

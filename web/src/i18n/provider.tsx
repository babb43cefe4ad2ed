import { createContext, type ReactNode, useContext, useMemo } from "react";
import { integer } from "@/lib/format";
import { money } from "@/lib/money";
import { absolute, clock, dateOnly, hourOfDay, relative } from "@/lib/time";
import { DEFAULT_LOCALE, type Locale } from "./config";
import { type MessageKey, translate, type Values } from "./loader";

export interface Display {
  timeZone: string;
  currency: string;
}

type Iso = string | null | undefined;

function build(locale: Locale, { timeZone, currency }: Display) {
  return {
    locale,
    timeZone,
    t: (key: MessageKey, values?: Values) => translate(locale, key, values),
    number: (value: number | null | undefined) => integer(value, locale),
    /** Six decimals, for single requests. */
    cost: (value: Iso) => money(value, currency, 6),
    /** Two decimals, for sums and limits. */
    amount: (value: Iso) => money(value, currency, 2),
    dateTime: (iso: Iso) => absolute(iso, locale, timeZone),
    date: (iso: Iso) => dateOnly(iso, locale, timeZone),
    clock: (iso: string) => clock(iso, locale, timeZone),
    hour: (iso: string) => hourOfDay(iso, locale, timeZone),
    ago: (iso: Iso, now: number) => relative(iso, now, locale),
  };
}

export type I18n = ReturnType<typeof build>;

const Context = createContext<I18n>(build(DEFAULT_LOCALE, { timeZone: "UTC", currency: "USD" }));

export function I18nProvider(props: Display & { locale: Locale; children: ReactNode }) {
  const { locale, timeZone, currency, children } = props;
  const value = useMemo(() => build(locale, { timeZone, currency }), [locale, timeZone, currency]);
  return <Context.Provider value={value}>{children}</Context.Provider>;
}

export function useI18n(): I18n {
  return useContext(Context);
}

import { type ParsedLocation, redirect } from "@tanstack/react-router";
import { ensureSession } from "@/api/session";
import { isLocale, preferredLocale } from "@/i18n/config";
import { type Feature, loadCatalogue, type MessageKey, translate } from "@/i18n/loader";
import { isLoginPath, safeTarget } from "@/lib/redirect";
import {
  droppedParams,
  parseSearch,
  type RawSearch,
  stringifySearch,
  takeDropped,
} from "@/lib/url-state";
import { showToast } from "@/ui/toast";
import { type Audience, landingPath } from "./landing";

declare module "@tanstack/react-router" {
  interface StaticDataRouteOption {
    title?: MessageKey;
  }
}

interface LoadArgs {
  params: { locale: string };
}

/** What every page has: a title, its catalogue, and those who may open it. */
export function page(title: MessageKey, feature: Feature, audience?: readonly Audience[]) {
  return {
    staticData: { title },
    loader: async ({ params }: LoadArgs) => {
      if (!isLocale(params.locale)) return;
      await Promise.all([
        loadCatalogue(params.locale, feature),
        audience ? requireAudience(params.locale, audience) : undefined,
      ]);
    },
  };
}

async function requireAudience(locale: string, audience: readonly Audience[]): Promise<void> {
  const session = await ensureSession();
  if (!session || audience.includes(session.loginType)) return;
  if (isLocale(locale)) showToast("info", translate(locale, "shell.notAllowed"));
  throw redirect({ href: `/${locale}${landingPath(session.loginType)}`, replace: true });
}

/** An address without a language gets the reader's; all else of it stays. */
export function toPreferredLocale(location: ParsedLocation): never {
  const path = location.pathname === "/" ? "" : location.pathname;
  const href = `/${preferredLocale()}${path}${location.searchStr}`;
  throw redirect({ href, replace: true });
}

export async function requireSession(locale: string, href: string): Promise<void> {
  if (await ensureSession()) return;
  throw redirect({ href: loginHref(locale, href), replace: true });
}

export function loginHref(locale: string, from: string): string {
  const target = safeTarget(from);
  const isUseful = target !== null && !isLoginPath(target);
  return `/${locale}/login${stringifySearch({ from: isUseful ? target : undefined })}`;
}

/** Whoever is signed in already has no business on the sign-in page. */
export async function leaveLogin(locale: string, from: string | undefined): Promise<void> {
  const session = await ensureSession();
  if (!session) return;
  const target = safeTarget(from) ?? `/${locale}${landingPath(session.loginType)}`;
  throw redirect({ href: target, replace: true });
}

interface SearchArgs {
  params: { locale: string };
  location: ParsedLocation;
}

/** What the address said and nobody understood is told, once, and taken out of the address. */
export function tellDropped(parse: (raw: Record<string, unknown>) => object) {
  return ({ params, location }: SearchArgs): void => {
    const names = takeDropped();
    if (names.length > 0 && isLocale(params.locale)) {
      showToast("info", translate(params.locale, "shell.dropped", { names: names.join(", ") }));
    }
    const raw = parseSearch(location.searchStr);
    const parsed = parse(raw);
    if (droppedParams(raw, parsed).length === 0) return;
    const clean = stringifySearch(parsed as RawSearch);
    throw redirect({ href: location.pathname + clean, replace: true });
  };
}

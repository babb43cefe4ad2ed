import { Outlet, useMatches, useParams } from "@tanstack/react-router";
import { useEffect } from "react";
import { useSession } from "@/api/session";
import { DEFAULT_LOCALE, isLocale } from "@/i18n/config";
import { I18nProvider, useI18n } from "@/i18n/provider";
import { Toaster } from "@/ui/toast";
import { TooltipProvider } from "@/ui/tooltip";

/** Language, formats and the regions that speak; around every page, signed in or not. */
export function LocaleLayout() {
  const params = useParams({ strict: false });
  const session = useSession();
  const locale = isLocale(params.locale) ? params.locale : DEFAULT_LOCALE;
  useEffect(() => {
    document.documentElement.lang = locale;
  }, [locale]);
  return (
    <I18nProvider
      locale={locale}
      timeZone={session?.display.timeZone ?? "UTC"}
      currency={session?.display.currencyDisplay ?? "USD"}
    >
      <TooltipProvider delayDuration={300}>
        <Outlet />
        <PageTitle />
        <Toaster />
      </TooltipProvider>
    </I18nProvider>
  );
}

/** The title of the window, also announced when the page changes. */
function PageTitle() {
  const { t } = useI18n();
  const session = useSession();
  const key = useMatches({ select: (matches) => matches.at(-1)?.staticData.title });
  const page = key ? t(key) : "";
  const site = session?.display.siteTitle ?? t("app.name");
  useEffect(() => {
    document.title = page ? `${page} · ${site}` : site;
  }, [page, site]);
  return (
    <p className="sr-only" role="status" aria-live="polite">
      {page}
    </p>
  );
}

import { Link, useRouter } from "@tanstack/react-router";
import { Compass } from "lucide-react";
import { useEffect } from "react";
import { outage } from "@/api/connection";
import { UnreachableError } from "@/api/errors";
import { useSession } from "@/api/session";
import { useI18n } from "@/i18n/provider";
import { useStore } from "@/lib/store";
import { buttonClass } from "@/ui/button";
import { EmptyState, ErrorPanel, PageHeader } from "@/ui/states";
import { OutageBanner } from "./banners";
import { errorDetails, errorText, requestId } from "./error-text";
import { landingPath } from "./landing";

/** What browsers say of a module that the server no longer has. */
const MISSING_CODE = /dynamically imported module|Importing a module script/;

/** A page that threw, or whose code could not be fetched. */
export function PageFailure({ error }: { error: unknown }) {
  const i18n = useI18n();
  const router = useRouter();
  const isOut = useStore(outage) !== null;
  const isUnreachable = error instanceof UnreachableError;
  const isOldBuild = MISSING_CODE.test(String(error));
  useEffect(() => {
    if (isUnreachable && !isOut) void router.invalidate();
  }, [isUnreachable, isOut, router]);
  return (
    <>
      {isUnreachable && <OutageBanner />}
      <ErrorPanel
        text={isOldBuild ? i18n.t("app.newBuild") : errorText(error, i18n)}
        requestId={requestId(error)}
        details={errorDetails(error)}
        onRetry={() => (isOldBuild ? location.reload() : void router.invalidate())}
      />
    </>
  );
}

export function NotFound() {
  const { t, locale } = useI18n();
  const session = useSession();
  const home = landingPath(session?.loginType ?? "admin");
  return (
    <>
      <PageHeader title={t("notFound.title")} />
      <EmptyState
        icon={<Compass size={32} />}
        title={t("notFound.lead")}
        action={
          <Link to={`/${locale}${home}` as "/"} className={buttonClass("primary")}>
            {t("notFound.home")}
          </Link>
        }
      >
        {t("notFound.text")}
      </EmptyState>
    </>
  );
}

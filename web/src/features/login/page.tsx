import { getRouteApi, useRouter } from "@tanstack/react-router";
import { ExternalLink } from "lucide-react";
import { ProblemError } from "@/api/errors";
import { sessionLost } from "@/api/session";
import { Brand } from "@/app/brand";
import { errorText } from "@/app/error-text";
import { LanguageMenu, ThemeMenu } from "@/app/look-menus";
import { useI18n } from "@/i18n/provider";
import { safeTarget } from "@/lib/redirect";
import { useStore } from "@/lib/store";
import { Notice } from "@/ui/notice";
import { LoginForm } from "./parts/login-form";
import { useSignIn } from "./queries";

const route = getRouteApi("/$locale/login");

export default function LoginPage() {
  const i18n = useI18n();
  const { t, locale } = i18n;
  const router = useRouter();
  const { from } = route.useSearch();
  const hasLostSession = useStore(sessionLost);
  const login = useSignIn();
  const isDropped = login.data?.isKept === false;

  const submit = async (key: string) => {
    const { redirectTo, isKept } = await login.mutateAsync(key);
    if (isKept) router.history.replace(safeTarget(from) ?? `/${locale}${redirectTo}`);
  };
  const retryAfter = login.error instanceof ProblemError ? login.error.retryAfterSeconds : null;
  return (
    <div className="flex min-h-dvh">
      <BrandPanel />
      <div className="flex min-w-0 flex-1 flex-col bg-page">
        <div className="flex justify-end gap-1 p-3">
          <LanguageMenu />
          <ThemeMenu />
        </div>
        <main className="mx-auto flex w-full max-w-96 flex-1 flex-col justify-center gap-5 px-5 pb-24">
          <div className="flex items-center gap-3">
            <span className="desktop:hidden">
              <Brand size={32} />
            </span>
            <h1 className="text-20 font-semibold">{t("login.title")}</h1>
          </div>
          {hasLostSession && !login.error && (
            <Notice tone="info" role="status">
              {t("login.sessionEnded")}
            </Notice>
          )}
          {isDropped && <DroppedCookie />}
          <LoginForm
            problem={login.error ? errorText(login.error, i18n) : null}
            failedAt={login.error ? login.submittedAt : 0}
            retryAfterSeconds={retryAfter}
            onSubmit={submit}
          />
          <p className="text-12 text-muted">{t("login.disclaimer")}</p>
          <p className="text-12 text-muted">{t("app.version", { version: __VERSION__ })}</p>
        </main>
      </div>
      {login.isPending && <SigningIn />}
    </div>
  );
}

function BrandPanel() {
  const { t } = useI18n();
  return (
    <aside className="hidden w-[42%] max-w-140 flex-col justify-between border-r border-hairline bg-panel p-10 desktop:flex">
      <div className="flex items-center gap-3">
        <Brand size={36} />
        <span className="text-20 font-semibold">{t("app.name")}</span>
      </div>
      <div>
        <p className="max-w-md text-28 font-semibold">{t("login.lead")}</p>
        <p className="mt-3 max-w-md text-16 text-muted">{t("login.leadText")}</p>
      </div>
      <p className="text-12 text-muted">{t("login.foot")}</p>
    </aside>
  );
}

/** Covers the page, so that nothing can be sent twice. */
function SigningIn() {
  const { t } = useI18n();
  return (
    <div
      role="dialog"
      aria-modal="true"
      aria-label={t("login.signingIn")}
      className="fixed inset-0 z-50 flex items-center justify-center bg-scrim"
    >
      <p
        role="status"
        aria-live="assertive"
        className="rounded-panel bg-raised px-6 py-4 text-14 shadow-overlay"
      >
        {t("login.signingIn")}
      </p>
    </div>
  );
}

/** The server took the key, but the browser threw the cookie away. */
function DroppedCookie() {
  const { t } = useI18n();
  const isPlain = location.protocol === "http:";
  return (
    <Notice tone="warn" role="alert">
      <strong className="block font-semibold">{t("login.notKept")}</strong>
      {isPlain && (
        <ul className="m-0 mt-1 list-disc pl-5">
          <li>
            {t("login.useHttps")}{" "}
            <a
              className="inline-flex items-center gap-1 text-accent underline"
              href={httpsAddress()}
            >
              {t("login.openHttps")}
              <ExternalLink size={12} aria-hidden="true" />
            </a>
          </li>
          <li>{t("login.insecureCookies")}</li>
        </ul>
      )}
    </Notice>
  );
}

function httpsAddress(): string {
  return location.href.replace(/^http:/, "https:");
}

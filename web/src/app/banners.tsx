import { outage, tryNow } from "@/api/connection";
import type { Session } from "@/api/session";
import { useI18n } from "@/i18n/provider";
import { useNow } from "@/lib/cadence";
import { useStore } from "@/lib/store";
import { Button } from "@/ui/button";
import { Notice } from "@/ui/notice";

/** While nobody answers: when the next look is due, and a way to look at once. */
export function OutageBanner() {
  const state = useStore(outage);
  return state === null ? null : <Countdown until={state.nextTryAt} />;
}

function Countdown({ until }: { until: number }) {
  const { t } = useI18n();
  const now = useNow("second");
  const seconds = Math.max(0, Math.ceil((until - now) / 1_000));
  return (
    <Notice
      tone="bad"
      role="status"
      className="rounded-none border-x-0 border-t-0"
      action={
        <Button size="small" onClick={() => void tryNow()}>
          {t("outage.tryNow")}
        </Button>
      }
    >
      <strong className="font-semibold">{t("outage.title")}</strong>{" "}
      <span aria-live="off">{t("outage.countdown", { seconds })}</span>
    </Notice>
  );
}

/** The service speaks another version of the interface than this build. */
export function NewBuildBanner({ session }: { session: Session }) {
  const { t } = useI18n();
  if (session.openapiSha256 === __API_HASH__) return null;
  return (
    <Notice
      tone="info"
      role="status"
      className="rounded-none border-x-0 border-t-0"
      action={
        <Button size="small" onClick={() => location.reload()}>
          {t("action.reload")}
        </Button>
      }
    >
      {t("app.newBuild")}
    </Notice>
  );
}

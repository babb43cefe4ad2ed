import { getRouteApi, useNavigate } from "@tanstack/react-router";
import { lazy, Suspense, useState } from "react";
import { useSession } from "@/api/session";
import { View } from "@/app/view";
import { useI18n } from "@/i18n/provider";
import { CADENCE, useNow } from "@/lib/cadence";
import { readJson, writeJson } from "@/lib/prefs";
import { Button } from "@/ui/button";
import { LiveDot } from "@/ui/live-dot";
import { PageHeader } from "@/ui/states";
import { DataPlanes } from "./parts/data-planes";
import { Overview } from "./parts/overview";
import { dayOf, isComplete, useDataPlanes, useHours, useSetup } from "./queries";

/* Most visits have no need of it. */
const Guide = lazy(() => import("./parts/guide"));
const route = getRouteApi("/$locale/shell/dashboard");
const DISMISSED = "onboarding.firstStart";

export default function DashboardPage() {
  const { t } = useI18n();
  const isAdmin = useSession()?.loginType === "admin";
  const { from, to } = dayOf(useNow("minute"));
  const setup = useSetup(isAdmin);
  const hours = useHours(from, to);
  const planes = useDataPlanes(isAdmin);
  const guide = useGuide(setup.data !== undefined && !isComplete(setup.data));
  return (
    <>
      <PageHeader title={t("nav.dashboard")}>
        {isAdmin && !guide.isOpen && <Button onClick={guide.open}>{t("guide.connect")}</Button>}
        <LiveDot intervalMs={CADENCE.overview} updatedAt={hours.dataUpdatedAt} />
      </PageHeader>
      <div className="flex flex-col gap-5 px-5 pb-8 max-small:px-4">
        <Suspense>
          {setup.data && guide.isOpen && <Guide setup={setup.data} onClose={guide.close} />}
        </Suspense>
        <View query={hours} lines={4}>
          {() => <Overview hours={hours.data?.items ?? []} from={from} />}
        </View>
        {isAdmin && (
          <View query={planes} lines={3}>
            {() => <DataPlanes list={planes.data} />}
          </View>
        )}
      </div>
    </>
  );
}

/**
 * Open while something is missing and nobody has put it away, or when asked for. Once open it
 * stays until it is closed: its last step must not vanish when the first request arrives.
 */
function useGuide(isNeeded: boolean) {
  const navigate = useNavigate();
  const isAskedFor = route.useSearch().guide === "open";
  const [wasNeeded, setWasNeeded] = useState(false);
  const [isDismissed, setDismissed] = useState(() => readJson(DISMISSED, false));
  if (isNeeded && !wasNeeded) setWasNeeded(true);
  const show = (guide: "open" | undefined) =>
    void navigate({ to: ".", search: { guide }, replace: true });
  return {
    isOpen: isAskedFor || (wasNeeded && !isDismissed),
    open: () => show("open"),
    close: () => {
      writeJson(DISMISSED, true);
      setDismissed(true);
      show(undefined);
    },
  };
}

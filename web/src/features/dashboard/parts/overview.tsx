import { useI18n } from "@/i18n/provider";
import { percent, tokens } from "@/lib/format";
import { addDecimals } from "@/lib/money";
import { HOUR_MS } from "@/lib/time";
import { Bars } from "@/ui/charts/bars";
import { Tooltip } from "@/ui/tooltip";
import type { UsageHour } from "../queries";

const DAY_HOURS = 24;

function sum(hours: UsageHour[], of: (hour: UsageHour) => number): number {
  return hours.reduce((total, hour) => total + of(hour), 0);
}

/** The last 24 hours in four figures and a bar for each hour. */
export function Overview({ hours, from }: { hours: UsageHour[]; from: string }) {
  const { t, number, amount, hour: hourText } = useI18n();
  const requests = sum(hours, (hour) => hour.requests);
  const failures = sum(hours, (hour) => hour.failures);
  const input = sum(hours, (hour) => hour.inputTokens);
  const output = sum(hours, (hour) => hour.outputTokens);
  const cost = addDecimals(hours.map((hour) => hour.costUsd));
  const byHour = new Map(hours.map((hour) => [Date.parse(hour.hour), hour]));
  const bars = Array.from({ length: DAY_HOURS }, (_, at) => {
    const start = Date.parse(from) + at * HOUR_MS;
    const hour = byHour.get(start);
    const iso = new Date(start).toISOString();
    return { id: iso, label: hourText(iso), value: hour?.requests ?? 0, bad: hour?.failures ?? 0 };
  });
  return (
    <section aria-labelledby="overview" className="rounded-panel border border-hairline bg-panel">
      <h2 id="overview" className="px-4 pt-3 text-14 font-semibold">
        {t("overview.title")}
      </h2>
      <dl className="m-0 grid grid-cols-2 desktop:grid-cols-4">
        <Figure label={t("overview.requests")} value={number(requests)} />
        <Figure
          label={t("overview.failures")}
          value={number(failures)}
          note={requests > 0 ? percent(failures / requests, 1) : undefined}
        />
        <Figure
          label={t("overview.tokens")}
          value={`${tokens(input)} / ${tokens(output)}`}
          tip={`${number(input)} / ${number(output)}`}
        />
        <Figure label={t("overview.cost")} value={amount(cost)} tip={cost} />
      </dl>
      <div className="border-t border-hairline px-4 py-3">
        <Bars
          title={t("overview.byHour")}
          labelTitle={t("overview.hour")}
          valueTitle={t("overview.requests")}
          badTitle={t("overview.failures")}
          bars={bars}
        />
      </div>
    </section>
  );
}

function Figure(props: { label: string; value: string; note?: string; tip?: string }) {
  return (
    <div className="min-w-0 px-4 py-3">
      <dt className="truncate text-12 text-muted">{props.label}</dt>
      <dd className="m-0 mt-0.5 flex items-baseline gap-2">
        <Tooltip text={props.tip}>
          <span className="text-20 font-semibold">{props.value}</span>
        </Tooltip>
        {props.note && <span className="text-12 text-muted">{props.note}</span>}
      </dd>
    </div>
  );
}

import { useMemo } from "react";
import { useI18n } from "@/i18n/provider";
import { duration, outputRate, tokens } from "@/lib/format";
import { Badge, type Status } from "@/ui/badge";
import type { Column } from "@/ui/grid";
import { RelativeTime } from "@/ui/relative-time";
import { Tooltip } from "@/ui/tooltip";
import type { UsageLog } from "../feed";
import type { Filters } from "../search";

export function statusTone(code: number | null): Status {
  if (code === null) return "busy";
  if (code < 300) return "good";
  if (code < 400) return "info";
  return code < 500 ? "warn" : "bad";
}

export function StatusBadge({ code }: { code: number | null }) {
  const { t } = useI18n();
  return (
    <Badge status={statusTone(code)} hasIcon={code === null || code >= 400}>
      {code ?? t("logs.running")}
    </Badge>
  );
}

type SetFilter = (filters: Filters) => void;

export function useColumns(setFilter: SetFilter): Column<UsageLog>[] {
  const { t, cost } = useI18n();
  return useMemo(
    (): Column<UsageLog>[] => [
      {
        id: "time",
        label: t("logs.time"),
        width: 118,
        isFixed: true,
        cell: (row) => <RelativeTime iso={row.createdAt} />,
      },
      {
        id: "status",
        label: t("logs.status"),
        width: 84,
        isFixed: true,
        cell: (row) => <StatusBadge code={row.statusCode} />,
      },
      {
        id: "user",
        label: t("logs.user"),
        width: 106,
        cell: (row) => (
          <FilterCell
            text={row.userName}
            onPick={() => setFilter({ userId: row.userId ?? undefined })}
          />
        ),
      },
      {
        id: "key",
        label: t("logs.key"),
        width: 96,
        cell: (row) => (
          <FilterCell
            text={row.keyName}
            onPick={() => setFilter({ keyId: row.keyId ?? undefined })}
          />
        ),
      },
      {
        id: "ip",
        label: t("logs.ip"),
        width: 130,
        isHiddenAtFirst: true,
        cell: (row) => <code className="truncate text-12">{row.clientIp ?? "-"}</code>,
      },
      {
        id: "provider",
        label: t("logs.provider"),
        width: 120,
        cell: (row) => (
          <FilterCell
            text={row.providerName}
            onPick={() => setFilter({ providerId: row.providerId ?? undefined })}
          />
        ),
      },
      {
        id: "model",
        label: t("logs.model"),
        width: 190,
        grows: true,
        isFixed: true,
        cell: (row) => <Model row={row} onPick={(model) => setFilter({ model })} />,
      },
      {
        id: "endpoint",
        label: t("logs.endpoint"),
        width: 190,
        isHiddenAtFirst: true,
        cell: (row) => <code className="truncate text-12">{row.endpoint}</code>,
      },
      {
        id: "tokens",
        label: t("logs.tokens"),
        width: 118,
        align: "end",
        cell: (row) => (
          <Pair
            a={row.inputTokens}
            b={row.outputTokens}
            names={[t("logs.input"), t("logs.output")]}
          />
        ),
      },
      {
        id: "cache",
        label: t("logs.cache"),
        width: 118,
        align: "end",
        cell: (row) => (
          <Pair
            a={row.cacheCreationInputTokens}
            b={row.cacheReadInputTokens}
            names={[t("logs.cacheWritten"), t("logs.cacheRead")]}
          />
        ),
      },
      {
        id: "cost",
        label: t("logs.cost"),
        width: 98,
        align: "end",
        cell: (row) => (
          <Tooltip text={row.costUsd}>
            <span>{cost(row.costUsd)}</span>
          </Tooltip>
        ),
      },
      {
        id: "performance",
        label: t("logs.performance"),
        width: 140,
        align: "end",
        cell: (row) => <Performance row={row} />,
      },
    ],
    [t, cost, setFilter],
  );
}

/** A value that filters by itself when it is picked. */
function FilterCell({ text, onPick }: { text: string | null; onPick: () => void }) {
  const { t } = useI18n();
  if (text === null) return <span className="text-muted">-</span>;
  return (
    <button
      type="button"
      tabIndex={-1}
      title={t("logs.filterBy", { value: text })}
      onClick={onPick}
      className="min-h-6 max-w-full truncate text-left hover:text-accent hover:underline"
    >
      {text}
    </button>
  );
}

function Model({ row, onPick }: { row: UsageLog; onPick: (model: string) => void }) {
  const asked = row.originalModel ?? row.model;
  const isRedirected = row.model !== null && asked !== row.model;
  return (
    <span className="flex min-w-0 items-center gap-1.5">
      <FilterCell text={asked} onPick={() => onPick(asked ?? "")} />
      {isRedirected && <span className="truncate text-12 text-muted">→ {row.model}</span>}
    </span>
  );
}

interface PairProps {
  a: number | null;
  b: number | null;
  names: [string, string];
}

function Pair({ a, b, names }: PairProps) {
  const { number } = useI18n();
  if (a === null && b === null) return <span className="text-muted">-</span>;
  return (
    <Tooltip text={`${names[0]}: ${number(a)}\n${names[1]}: ${number(b)}`}>
      <span>
        {tokens(a)} <span className="text-muted">/</span> {tokens(b)}
      </span>
    </Tooltip>
  );
}

function Performance({ row }: { row: UsageLog }) {
  const { t } = useI18n();
  const rate = outputRate(row.outputTokens, row.durationMs, row.ttftMs);
  const lines = [
    `${t("logs.duration")}: ${duration(row.durationMs)}`,
    `${t("logs.ttft")}: ${duration(row.ttftMs)}`,
    rate === null ? "" : `${t("logs.rate")}: ${rate.toFixed(1)} tok/s`,
  ];
  return (
    <Tooltip text={lines.filter(Boolean).join("\n")}>
      <span>
        {duration(row.durationMs)}
        <span className="text-muted"> · {duration(row.ttftMs)}</span>
      </span>
    </Tooltip>
  );
}

import { ChevronDown, ChevronUp } from "lucide-react";
import { type ReactNode, useEffect } from "react";
import type { MessageKey } from "@/i18n/loader";
import { useI18n } from "@/i18n/provider";
import { duration, outputRate } from "@/lib/format";
import { IconButton } from "@/ui/button";
import { CopyButton } from "@/ui/copy-button";
import { Dialog } from "@/ui/dialog";
import { Notice } from "@/ui/notice";
import type { UsageLog } from "../feed";
import { StatusBadge } from "./columns";

interface Props {
  row: UsageLog;
  onClose: () => void;
  /** leads to the row before or after in the filtered list; null at its ends */
  onPrevious: (() => void) | null;
  onNext: (() => void) | null;
}

/** Everything that is known of one request. */
export function LogDrawer({ row, onClose, onPrevious, onNext }: Props) {
  const { t, dateTime } = useI18n();
  useEffect(() => {
    const onKeyDown = (event: KeyboardEvent) => {
      if (event.key === "[") onPrevious?.();
      if (event.key === "]") onNext?.();
    };
    addEventListener("keydown", onKeyDown);
    return () => removeEventListener("keydown", onKeyDown);
  }, [onPrevious, onNext]);
  return (
    <Dialog
      kind="drawer"
      title={t("logs.request")}
      description={dateTime(row.createdAt)}
      onClose={onClose}
      headerExtra={
        <>
          <IconButton
            label={t("logs.previous")}
            icon={<ChevronUp size={17} />}
            disabled={!onPrevious}
            onClick={() => onPrevious?.()}
          />
          <IconButton
            label={t("logs.next")}
            icon={<ChevronDown size={17} />}
            disabled={!onNext}
            onClick={() => onNext?.()}
          />
        </>
      }
    >
      <div className="grid grid-cols-1 gap-5">
        {row.errorMessage && <Notice tone="bad">{row.errorMessage}</Notice>}
        <Facts row={row} />
      </div>
    </Dialog>
  );
}

type Fact = [label: MessageKey, value: ReactNode];

function Facts({ row }: { row: UsageLog }) {
  const { t, number, cost } = useI18n();
  const rate = outputRate(row.outputTokens, row.durationMs, row.ttftMs);
  const sections: [MessageKey, Fact[]][] = [
    [
      "logs.outcome",
      [
        ["logs.status", <StatusBadge key="status" code={row.statusCode} />],
        ["logs.stream", t(row.isStream ? "state.yes" : "state.no")],
        ["logs.duration", duration(row.durationMs)],
        ["logs.ttft", duration(row.ttftMs)],
        ["logs.rate", rate === null ? "-" : `${rate.toFixed(1)} tok/s`],
        ["logs.cost", row.costUsd === null ? "-" : `${cost(row.costUsd)} (${row.costUsd})`],
      ],
    ],
    [
      "logs.who",
      [
        ["logs.user", row.userName],
        ["logs.key", row.keyName],
        ["logs.provider", row.providerName],
        ["logs.askedModel", row.originalModel],
        ["logs.usedModel", row.model],
        ["logs.endpoint", <code key="endpoint">{row.endpoint}</code>],
        ["logs.protocol", row.apiType],
      ],
    ],
    [
      "logs.tokens",
      [
        ["logs.input", number(row.inputTokens)],
        ["logs.output", number(row.outputTokens)],
        ["logs.cacheWritten", number(row.cacheCreationInputTokens)],
        ["logs.cacheWritten5m", number(row.cacheCreation5mInputTokens)],
        ["logs.cacheWritten1h", number(row.cacheCreation1hInputTokens)],
        ["logs.cacheRead", number(row.cacheReadInputTokens)],
      ],
    ],
    [
      "logs.origin",
      [
        ["logs.requestId", <Id key="id" text={row.requestId} />],
        ["logs.ip", row.clientIp],
        ["logs.userAgent", row.userAgent],
      ],
    ],
  ];
  return sections.map(([title, facts]) => (
    <section key={title}>
      <h3 className="mb-1 text-12 text-muted">{t(title)}</h3>
      <dl className="m-0 border-t border-hairline">
        {facts.map(([label, value]) => (
          <div key={label} className="flex min-h-8 gap-4 border-b border-hairline py-1.5">
            <dt className="w-36 shrink-0 text-13 text-muted">{t(label)}</dt>
            <dd className="m-0 min-w-0 flex-1 text-13 break-words">{value ?? "-"}</dd>
          </div>
        ))}
      </dl>
    </section>
  ));
}

function Id({ text }: { text: string }) {
  return (
    <span className="flex items-center gap-1">
      <code className="min-w-0 break-all">{text}</code>
      <CopyButton text={text} />
    </span>
  );
}

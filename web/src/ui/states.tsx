import type { ReactNode } from "react";
import { useI18n } from "@/i18n/provider";
import { Button } from "./button";
import { cx } from "./class-names";
import { CopyButton } from "./copy-button";

interface EmptyProps {
  icon?: ReactNode;
  title: string;
  children?: ReactNode;
  action?: ReactNode;
}

export function EmptyState({ icon, title, children, action }: EmptyProps) {
  return (
    <div className="flex flex-col items-center gap-2 px-6 py-14 text-center">
      <div className="text-muted">{icon}</div>
      <p className="text-16 font-semibold">{title}</p>
      {children && <p className="max-w-md text-13 text-muted">{children}</p>}
      {action && <div className="mt-2 flex gap-2">{action}</div>}
    </div>
  );
}

interface ErrorProps {
  text: string;
  requestId: string | null;
  details: string;
  onRetry?: () => void;
}

/** A whole view that could not be had: why, its request id, another try, and what to report. */
export function ErrorPanel({ text, requestId, details, onRetry }: ErrorProps) {
  const { t } = useI18n();
  return (
    <div role="alert" className="m-4 rounded-panel border border-bad bg-bad-wash p-5">
      <p className="text-16 font-semibold">{t("error.title")}</p>
      <p className="mt-1 text-14 break-words">{text}</p>
      {requestId && (
        <p className="mt-1 text-12 text-muted">
          {t("error.requestId")} <code>{requestId}</code>
        </p>
      )}
      <div className="mt-3 flex flex-wrap gap-2">
        {onRetry && <Button onClick={onRetry}>{t("action.retry")}</Button>}
        <CopyButton look="normal" text={details} label={t("action.copyDetails")} />
      </div>
    </div>
  );
}

/** Lines shaped like the content that is coming; only after 150 ms. */
export function Skeleton({ lines = 6, className }: { lines?: number; className?: string }) {
  const { t } = useI18n();
  return (
    <div className={cx("after-a-moment flex flex-col gap-3 p-4", className)}>
      <span className="sr-only" role="status">
        {t("state.loading")}
      </span>
      {Array.from({ length: lines }, (_, line) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: the lines have no identity
        <div key={line} className="skeleton h-5" style={{ width: `${92 - ((line * 17) % 40)}%` }} />
      ))}
    </div>
  );
}

export function PageHeader(props: { title: string; note?: ReactNode; children?: ReactNode }) {
  return (
    <header className="flex flex-wrap items-center gap-x-4 gap-y-2 px-5 pt-4 pb-3 max-small:px-4">
      <h1 className="text-20 font-semibold">{props.title}</h1>
      {props.note && <div className="text-13 text-muted">{props.note}</div>}
      <div className="ml-auto flex flex-wrap items-center gap-2">{props.children}</div>
    </header>
  );
}

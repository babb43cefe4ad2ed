import type { ReactNode } from "react";
import { useI18n } from "@/i18n/provider";
import { Button } from "@/ui/button";
import { Notice } from "@/ui/notice";
import { ErrorPanel, Skeleton } from "@/ui/states";
import { errorDetails, errorText, requestId } from "./error-text";

/** What a query knows; the part of it that decides what a view shows. */
export interface Loading {
  isPending: boolean;
  error: unknown;
  refetch: () => unknown;
  dataUpdatedAt: number;
  isFetching: boolean;
}

export function QueryError({ query }: { query: Loading }) {
  const i18n = useI18n();
  return (
    <ErrorPanel
      text={errorText(query.error, i18n)}
      requestId={requestId(query.error)}
      details={errorDetails(query.error)}
      onRetry={() => void query.refetch()}
    />
  );
}

/** First load, whole failure, or content; with data at hand a failed refresh is only a banner. */
export function View(props: { query: Loading; lines?: number; children: () => ReactNode }) {
  const { query, lines, children } = props;
  if (query.isPending) return <Skeleton lines={lines} />;
  if (query.error && query.dataUpdatedAt === 0) return <QueryError query={query} />;
  return (
    <>
      <StaleBanner query={query} />
      {children()}
    </>
  );
}

export function StaleBanner({ query }: { query: Loading }) {
  const i18n = useI18n();
  if (!query.error || query.dataUpdatedAt === 0) return null;
  const since = i18n.clock(new Date(query.dataUpdatedAt).toISOString());
  return (
    <Notice
      tone="warn"
      role="status"
      className="mx-5 mb-3"
      action={
        <Button size="small" onClick={() => void query.refetch()}>
          {i18n.t("action.retry")}
        </Button>
      }
    >
      {i18n.t("state.stale", { since, reason: errorText(query.error, i18n) })}
    </Notice>
  );
}

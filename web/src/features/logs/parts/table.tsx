import { ArrowUp, ScrollText } from "lucide-react";
import { useCallback, useEffect, useMemo, useRef, useState } from "react";
import { View } from "@/app/view";
import { useI18n } from "@/i18n/provider";
import { Button } from "@/ui/button";
import { ColumnMenu, DataGrid, type GridHandle, type RowState, useLayout } from "@/ui/grid";
import { LiveDot } from "@/ui/live-dot";
import { EmptyState, PageHeader } from "@/ui/states";
import { MOST_ROWS, type UsageLog } from "../feed";
import { useFeed } from "../queries";
import { type Filters, hasFilters } from "../search";
import { useColumns } from "./columns";
import { LogDrawer } from "./drawer";
import { FilterChips, FilterFields } from "./filters";

interface Props {
  filters: Filters;
  setFilters: (filters: Filters) => void;
  /** the row whose drawer is open */
  row: number | undefined;
  setRow: (row: number | undefined) => void;
  userId: number;
  intervalMs: number;
}

/** The filtered log: other filters begin at the top again. */
export function LogTable(props: Props) {
  const { filters, setFilters, row, setRow, userId, intervalMs } = props;
  const { t } = useI18n();
  const grid = useRef<GridHandle>(null);
  const [isAtTop, setAtTop] = useState(true);
  const isReading = row !== undefined;
  const log = useFeed({
    filters,
    intervalMs,
    isAtTop: isAtTop && !isReading,
    isResting: isReading,
  });
  const { feed, head } = log;
  const narrow = useCallback(
    (more: Filters) => setFilters({ ...filters, ...more }),
    [filters, setFilters],
  );
  const columns = useColumns(narrow);
  const [layout, change] = useLayout(userId, "logs");

  // biome-ignore lint/correctness/useExhaustiveDependencies: other filters are the cause
  useEffect(() => {
    grid.current?.toTop();
    setAtTop(true);
  }, [filters]);

  const toTop = () => {
    grid.current?.toTop();
    log.show();
    grid.current?.focus();
  };
  const rowState = (one: UsageLog): RowState => ({
    isSelected: isReading ? one.id === row : undefined,
  });
  return (
    <div className="flex min-h-0 flex-1 flex-col">
      <PageHeader title={t("nav.logs")}>
        <FilterFields filters={filters} onChange={setFilters} />
        <ColumnMenu {...{ columns, layout, change }} />
        <LiveDot intervalMs={intervalMs} updatedAt={head.dataUpdatedAt} isResting={isReading} />
      </PageHeader>
      <FilterChips filters={filters} onChange={setFilters} rows={feed.rows} />
      <View query={head} lines={12}>
        {() => (
          <div className="relative flex min-h-0 flex-1 flex-col">
            {feed.news > 0 && !isReading && (
              <Button
                look="primary"
                onClick={toTop}
                className="absolute top-11 left-1/2 z-30 -translate-x-1/2 shadow-overlay"
              >
                <ArrowUp size={14} aria-hidden="true" />
                {t("logs.news", { count: feed.news, isMore: String(feed.hasGap) })}
              </Button>
            )}
            <DataGrid
              handle={grid}
              label={t("nav.logs")}
              {...{ columns, layout, change, rowState }}
              rows={feed.rows}
              rowKey={(one) => one.id}
              onOpen={(one) => setRow(one.id)}
              onTopChange={(isTop) => {
                setAtTop(isTop);
                if (isTop) log.show();
              }}
              hasMore={log.hasMore && log.older !== "failed"}
              onEndReached={log.loadMore}
              empty={<Empty filters={filters} onClear={() => setFilters({})} />}
            />
            <StatusLine log={log} />
          </div>
        )}
      </View>
      <OpenRow rows={feed.rows} row={row} setRow={setRow} />
    </div>
  );
}

function OpenRow(props: Pick<Props, "row" | "setRow"> & { rows: UsageLog[] }) {
  const { rows, row, setRow } = props;
  const at = useMemo(() => rows.findIndex((one) => one.id === row), [rows, row]);
  const open = rows[at];
  if (!open) return null;
  const to = (next: UsageLog | undefined) => (next ? () => setRow(next.id) : null);
  return (
    <LogDrawer
      row={open}
      onClose={() => setRow(undefined)}
      onPrevious={to(rows[at - 1])}
      onNext={to(rows[at + 1])}
    />
  );
}

function StatusLine({ log }: { log: ReturnType<typeof useFeed> }) {
  const { t } = useI18n();
  const count = log.feed.rows.length;
  if (count === 0) return null;
  const rest = () => {
    if (log.older === "loading") return t("logs.loadingMore");
    if (count >= MOST_ROWS) return t("logs.tooMany");
    return log.hasMore ? "" : t("logs.allLoaded");
  };
  return (
    <footer className="flex min-h-8 items-center gap-3 border-t border-hairline bg-panel px-5 text-12 text-muted max-small:px-4">
      <span>{t("logs.loaded", { count })}</span>
      <span>{rest()}</span>
      {log.older === "failed" && (
        <Button size="small" onClick={() => void log.loadMore()}>
          {t("logs.olderFailed")}
        </Button>
      )}
    </footer>
  );
}

function Empty({ filters, onClear }: { filters: Filters; onClear: () => void }) {
  const { t } = useI18n();
  if (hasFilters(filters)) {
    return (
      <EmptyState
        title={t("state.noMatch")}
        action={<Button onClick={onClear}>{t("action.clearFilters")}</Button>}
      />
    );
  }
  return (
    <EmptyState icon={<ScrollText size={32} />} title={t("logs.empty")}>
      {t("logs.emptyText")}
    </EmptyState>
  );
}

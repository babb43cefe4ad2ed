import { useVirtualizer } from "@tanstack/react-virtual";
import {
  type KeyboardEvent,
  type ReactNode,
  type Ref,
  useEffect,
  useId,
  useImperativeHandle,
  useMemo,
  useRef,
  useState,
} from "react";
import { density, ROW_PX } from "@/lib/prefs";
import { useStore } from "@/lib/store";
import { type Column, type Layout, template, visibleColumns } from "./columns";
import { GridHeader, HEADER_PX } from "./header";
import { isInsideControl, nextRow } from "./keyboard";
import { GridRow, type RowState } from "./row";
import type { ChangeLayout } from "./use-layout";

const OVERSCAN = 10;
const NEAR_THE_END = 5;
const NEAR_THE_TOP_PX = 8;

export interface GridHandle {
  toTop(): void;
  focus(): void;
}

interface Props<Row> {
  label: string;
  columns: Column<Row>[];
  layout: Layout;
  change: ChangeLayout;
  rows: Row[];
  rowKey: (row: Row) => string | number;
  /** level, expansion and emphasis of a row */
  rowState?: (row: Row) => RowState;
  onOpen?: (row: Row) => void;
  onToggle?: (row: Row) => void;
  onEndReached?: () => void;
  onTopChange?: (isAtTop: boolean) => void;
  hasMore?: boolean;
  empty?: ReactNode;
  handle?: Ref<GridHandle>;
}

/**
 * Virtual rows under a sticky header, the first column frozen. The grid itself holds the focus and
 * names the active row, so that focus survives rows that scroll out of existence.
 */
export function DataGrid<Row>(props: Props<Row>) {
  const { rows, rowKey, columns, layout, change, onOpen, onToggle, rowState } = props;
  const { onEndReached, onTopChange, hasMore = false } = props;
  const id = useId();
  const scroller = useRef<HTMLDivElement>(null);
  const [active, setActive] = useState(-1);
  const rowPx = ROW_PX[useStore(density)];
  const shown = useMemo(() => visibleColumns(columns, layout), [columns, layout]);
  const { tracks, minWidth } = template(shown as never, layout);

  const virtual = useVirtualizer({
    count: rows.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => rowPx,
    getItemKey: (at) => rowKey(rows[at] as Row),
    overscan: OVERSCAN,
    scrollMargin: HEADER_PX,
    scrollPaddingStart: HEADER_PX,
  });
  // biome-ignore lint/correctness/useExhaustiveDependencies: a change of height is the cause
  useEffect(() => virtual.measure(), [rowPx, virtual]);

  useImperativeHandle(props.handle, () => ({
    toTop: () => scroller.current?.scrollTo({ top: 0 }),
    focus: () => scroller.current?.focus(),
  }));

  const items = virtual.getVirtualItems();
  const lastShown = items.at(-1)?.index ?? -1;
  useEffect(() => {
    if (hasMore && lastShown >= rows.length - NEAR_THE_END) onEndReached?.();
  }, [hasMore, lastShown, rows.length, onEndReached]);

  const onKeyDown = (event: KeyboardEvent) => {
    if (event.ctrlKey || event.metaKey || event.altKey || isInsideControl(event.target)) return;
    const row = rows[active];
    const state = row && rowState?.(row);
    if (event.key === "Enter" && row && onOpen) {
      onOpen(row);
    } else if (row && state?.isExpanded !== undefined && isTurn(event.key, state.isExpanded)) {
      onToggle?.(row);
    } else {
      const page = Math.max(1, Math.floor((scroller.current?.clientHeight ?? 0) / rowPx) - 1);
      const next = nextRow(event.key, active, rows.length, page);
      if (next === null) return;
      setActive(next);
      virtual.scrollToIndex(next);
    }
    event.preventDefault();
  };

  const isTree = onToggle !== undefined;
  return (
    <div
      ref={scroller}
      role={isTree ? "treegrid" : "grid"}
      aria-label={props.label}
      aria-rowcount={hasMore ? -1 : rows.length + 1}
      aria-colcount={shown.length}
      aria-activedescendant={active >= 0 && rows[active] ? `${id}-${active}` : undefined}
      tabIndex={0}
      onKeyDown={onKeyDown}
      onFocus={(event) => {
        if (event.target === scroller.current && active < 0 && rows.length > 0) setActive(0);
      }}
      onScroll={(event) => onTopChange?.(event.currentTarget.scrollTop <= NEAR_THE_TOP_PX)}
      className="thin-scroll relative min-h-60 flex-1 overflow-auto border-t border-hairline -outline-offset-2"
      style={{ "--tracks": tracks } as React.CSSProperties}
    >
      <div role="rowgroup" className="sticky top-0 z-20" style={{ minWidth }}>
        <GridHeader {...{ layout, change }} columns={shown as never} all={columns as never} />
      </div>
      <div
        role="rowgroup"
        className="relative"
        style={{ minWidth, height: virtual.getTotalSize() }}
      >
        {items.map((item) => {
          const row = rows[item.index];
          return row === undefined ? null : (
            <GridRow
              key={item.key}
              id={`${id}-${item.index}`}
              row={row}
              at={item.index}
              top={item.start - HEADER_PX}
              height={rowPx}
              columns={shown}
              state={rowState?.(row)}
              isActive={item.index === active}
              onPick={setActive}
              onOpen={onOpen}
            />
          );
        })}
      </div>
      {rows.length === 0 && props.empty}
    </div>
  );
}

function isTurn(key: string, isExpanded: boolean): boolean {
  return key === (isExpanded ? "ArrowLeft" : "ArrowRight");
}

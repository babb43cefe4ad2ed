import { memo } from "react";
import { cx } from "../class-names";
import type { Column } from "./columns";
import { isInsideControl } from "./keyboard";

export interface RowState {
  level?: number;
  isExpanded?: boolean;
  tone?: "muted" | "bad";
  isSelected?: boolean;
}

interface Props<Row> {
  id: string;
  row: Row;
  at: number;
  top: number;
  height: number;
  columns: Column<Row>[];
  state: RowState | undefined;
  isActive: boolean;
  onPick: (at: number) => void;
  onOpen: ((row: Row) => void) | undefined;
}

function hasSelectedText(): boolean {
  return (getSelection()?.toString() ?? "") !== "";
}

function Row<Row>(props: Props<Row>) {
  const { id, row, at, top, height, columns, state, isActive, onPick, onOpen } = props;
  return (
    <div
      id={id}
      role="row"
      aria-rowindex={at + 2}
      aria-level={state?.level}
      aria-expanded={state?.isExpanded}
      aria-selected={state?.isSelected}
      onClick={(event) => {
        onPick(at);
        if (!isInsideControl(event.target) && !hasSelectedText()) onOpen?.(row);
      }}
      className={cx(
        "absolute top-0 left-0 grid w-full border-b border-hairline text-13",
        state?.isSelected || isActive ? "bg-selected" : "bg-page hover:bg-hover",
        state?.tone === "muted" && "text-muted",
        onOpen && "cursor-pointer",
      )}
      style={{ gridTemplateColumns: "var(--tracks)", height, transform: `translateY(${top}px)` }}
    >
      {columns.map((column, place) => (
        <div
          key={column.id}
          role="gridcell"
          aria-colindex={place + 1}
          className={cx(
            "flex min-w-0 items-center gap-1.5 overflow-hidden px-2.5 whitespace-nowrap",
            place === 0 && "sticky left-0 z-10 bg-inherit pl-5 max-small:pl-4",
            column.align === "end" && "justify-end text-right",
          )}
        >
          {column.cell(row)}
        </div>
      ))}
    </div>
  );
}

export const GridRow = memo(Row, (before, after) =>
  (Object.keys(after) as (keyof typeof after)[]).every((name) =>
    name === "state"
      ? JSON.stringify(before.state) === JSON.stringify(after.state)
      : Object.is(before[name], after[name]),
  ),
) as typeof Row;

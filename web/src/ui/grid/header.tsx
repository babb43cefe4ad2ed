import { type KeyboardEvent, type PointerEvent, useRef } from "react";
import { useI18n } from "@/i18n/provider";
import { cx } from "../class-names";
import {
  type Column,
  type Layout,
  moveColumn,
  NARROWEST,
  resizeColumn,
  WIDEST,
  WIDTH_STEP,
  widthOf,
} from "./columns";
import type { ChangeLayout } from "./use-layout";

export const HEADER_PX = 34;

interface Props {
  columns: Column<never>[];
  all: Column<never>[];
  layout: Layout;
  change: ChangeLayout;
}

export function GridHeader({ columns, all, layout, change }: Props) {
  const dragged = useRef<string | null>(null);
  return (
    <div
      role="row"
      aria-rowindex={1}
      className="grid border-b border-hairline bg-panel"
      style={{ gridTemplateColumns: "var(--tracks)", height: HEADER_PX }}
    >
      {columns.map((column, at) => (
        <div
          key={column.id}
          role="columnheader"
          aria-label={column.label}
          aria-colindex={at + 1}
          draggable
          onDragStart={(event) => {
            dragged.current = column.id;
            event.dataTransfer.effectAllowed = "move";
          }}
          onDragOver={(event) => dragged.current && event.preventDefault()}
          onDrop={() => {
            const from = dragged.current;
            dragged.current = null;
            if (from) change((before) => moveColumn(all, before, from, column.id));
          }}
          className={cx(
            "relative flex min-w-0 items-center bg-panel px-2.5 text-12 font-medium text-muted select-none",
            at === 0 && "sticky left-0 z-10 pl-5 max-small:pl-4",
            column.align === "end" && "justify-end",
          )}
        >
          <span className="line-clamp-2 min-w-0 leading-4 break-words" title={column.label}>
            {column.label}
          </span>
          <Resizer {...{ column, columns, all, layout, change, at }} />
        </div>
      ))}
    </div>
  );
}

interface ResizerProps extends Props {
  column: Column<never>;
  at: number;
}

/** Drag, or arrow keys for the width; Alt and arrow keys move the column. */
function Resizer({ column, columns, all, layout, change, at }: ResizerProps) {
  const { t } = useI18n();
  const start = useRef<{ x: number; width: number } | null>(null);
  const width = widthOf(column, layout);
  const resize = (to: number) => change((before) => resizeColumn(before, column.id, to));

  const onKeyDown = (event: KeyboardEvent) => {
    const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (step === undefined) return;
    event.preventDefault();
    event.stopPropagation();
    const neighbour = columns[at + step];
    if (!event.altKey) resize(width + step * WIDTH_STEP);
    else if (neighbour) change((before) => moveColumn(all, before, column.id, neighbour.id));
  };
  const onPointerDown = (event: PointerEvent<HTMLElement>) => {
    event.preventDefault();
    event.currentTarget.setPointerCapture(event.pointerId);
    const shown = event.currentTarget.parentElement?.offsetWidth ?? width;
    start.current = { x: event.clientX, width: shown };
  };
  const onPointerMove = (event: PointerEvent) => {
    if (start.current) resize(start.current.width + event.clientX - start.current.x);
  };
  const stop = () => {
    start.current = null;
  };
  return (
    <div
      role="separator"
      tabIndex={0}
      aria-orientation="vertical"
      aria-label={t("grid.resize", { column: column.label })}
      aria-valuenow={width}
      aria-valuemin={NARROWEST}
      aria-valuemax={WIDEST}
      onKeyDown={onKeyDown}
      onPointerDown={onPointerDown}
      onPointerMove={onPointerMove}
      onPointerUp={stop}
      onPointerCancel={stop}
      className="absolute top-1.5 right-0 bottom-1.5 w-1.5 cursor-col-resize touch-none border-r border-hairline hover:border-accent"
    />
  );
}

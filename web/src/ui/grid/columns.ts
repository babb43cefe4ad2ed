import type { ReactNode } from "react";

export interface Column<Row> {
  id: string;
  label: string;
  /** pixels at first */
  width: number;
  align?: "start" | "end";
  /** takes the space that is left */
  grows?: boolean;
  /** cannot be hidden */
  isFixed?: boolean;
  isHiddenAtFirst?: boolean;
  cell: (row: Row) => ReactNode;
}

/** What a user has changed about a table; kept per user and table. */
export interface Layout {
  order: string[];
  hidden: string[];
  /** shown although hidden at first */
  shown: string[];
  widths: Record<string, number>;
}

export const PLAIN: Layout = { order: [], hidden: [], shown: [], widths: {} };
export const NARROWEST = 56;
export const WIDEST = 800;
export const WIDTH_STEP = 16;

/** Whatever was stored, as a layout: storage belongs to the user, so nothing is taken on trust. */
export function readLayout(stored: unknown): Layout {
  const raw = (typeof stored === "object" && stored !== null ? stored : {}) as Partial<Layout>;
  const names = (value: unknown) =>
    Array.isArray(value) ? value.filter((one): one is string => typeof one === "string") : [];
  const widths: Record<string, number> = {};
  for (const [id, width] of Object.entries(raw.widths ?? {})) {
    if (typeof width === "number" && Number.isFinite(width)) widths[id] = clampWidth(width);
  }
  return { order: names(raw.order), hidden: names(raw.hidden), shown: names(raw.shown), widths };
}

export function clampWidth(width: number): number {
  return Math.round(Math.min(WIDEST, Math.max(NARROWEST, width)));
}

export function isHidden(column: Column<never>, layout: Layout): boolean {
  if (column.isFixed) return false;
  if (column.isHiddenAtFirst) return !layout.shown.includes(column.id);
  return layout.hidden.includes(column.id);
}

/** All columns in the user's order; those the layout does not know keep their place at the end. */
export function orderColumns<Row>(columns: Column<Row>[], layout: Layout): Column<Row>[] {
  const rank = (column: Column<Row>, at: number) => {
    const place = layout.order.indexOf(column.id);
    return place < 0 ? layout.order.length + at : place;
  };
  return columns
    .map((column, at) => ({ column, rank: rank(column, at) }))
    .sort((a, b) => a.rank - b.rank)
    .map(({ column }) => column);
}

export function visibleColumns<Row>(columns: Column<Row>[], layout: Layout): Column<Row>[] {
  return orderColumns(columns, layout).filter((column) => !isHidden(column as never, layout));
}

export function toggleColumn(column: Column<never>, layout: Layout): Layout {
  const list = column.isHiddenAtFirst ? "shown" : "hidden";
  const has = layout[list].includes(column.id);
  const next = has ? layout[list].filter((id) => id !== column.id) : [...layout[list], column.id];
  return { ...layout, [list]: next };
}

/** Puts one column where another stands. */
export function moveColumn<Row>(
  columns: Column<Row>[],
  layout: Layout,
  from: string,
  to: string,
): Layout {
  const order = orderColumns(columns, layout).map((column) => column.id);
  const source = order.indexOf(from);
  const target = order.indexOf(to);
  if (source < 0 || target < 0 || source === target) return layout;
  order.splice(source, 1);
  order.splice(target, 0, from);
  return { ...layout, order };
}

export function resizeColumn(layout: Layout, id: string, width: number): Layout {
  return { ...layout, widths: { ...layout.widths, [id]: clampWidth(width) } };
}

export function widthOf(column: Column<never>, layout: Layout): number {
  return layout.widths[column.id] ?? column.width;
}

/** grid-template-columns, and the width below which the grid scrolls sideways. */
export function template(columns: Column<never>[], layout: Layout) {
  const widths = columns.map((column) => widthOf(column, layout));
  const tracks = columns.map((column, at) =>
    column.grows ? `minmax(${widths[at]}px, 1fr)` : `${widths[at]}px`,
  );
  return { tracks: tracks.join(" "), minWidth: widths.reduce((sum, one) => sum + one, 0) };
}

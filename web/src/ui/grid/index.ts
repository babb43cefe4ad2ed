export { ColumnMenu } from "./column-menu";
export type { Column } from "./columns";
export { DataGrid, type GridHandle } from "./data-grid";
export type { RowState } from "./row";
export { useLayout } from "./use-layout";

import { fireEvent, screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { beforeEach, describe, expect, it, vi } from "vitest";
import { renderWidget } from "@/test-render";
import { ColumnMenu } from "./column-menu";
import {
  type Column,
  isHidden,
  moveColumn,
  PLAIN,
  readLayout,
  resizeColumn,
  template,
  toggleColumn,
  visibleColumns,
} from "./columns";
import { DataGrid } from "./data-grid";
import { isInsideControl, nextRow } from "./keyboard";
import { useLayout } from "./use-layout";

interface Row {
  id: number;
  name: string;
}

const COLUMNS: Column<Row>[] = [
  { id: "id", label: "Id", width: 80, isFixed: true, cell: (row) => row.id },
  { id: "name", label: "Name", width: 120, grows: true, cell: (row) => row.name },
  { id: "more", label: "More", width: 90, isHiddenAtFirst: true, cell: () => "more" },
];
const ids = (columns: Column<Row>[]) => columns.map((column) => column.id);
const at = (place: number) => COLUMNS[place] as Column<never>;

describe("a layout", () => {
  it("hides and shows, also what is hidden at first", () => {
    expect(ids(visibleColumns(COLUMNS, PLAIN))).toEqual(["id", "name"]);
    const changed = toggleColumn(at(2), toggleColumn(at(1), PLAIN));
    expect(ids(visibleColumns(COLUMNS, changed))).toEqual(["id", "more"]);
    const back = toggleColumn(at(2), toggleColumn(at(1), changed));
    expect(ids(visibleColumns(COLUMNS, back))).toEqual(["id", "name"]);
  });
  it("never hides what is fixed", () => {
    expect(isHidden(at(0), { ...PLAIN, hidden: ["id"] })).toBe(false);
  });
  it("moves a column to another's place, both ways", () => {
    const shown = toggleColumn(at(2), PLAIN);
    const right = moveColumn(COLUMNS, shown, "id", "more");
    expect(ids(visibleColumns(COLUMNS, right))).toEqual(["name", "more", "id"]);
    const left = moveColumn(COLUMNS, right, "id", "name");
    expect(ids(visibleColumns(COLUMNS, left))).toEqual(["id", "name", "more"]);
    expect(moveColumn(COLUMNS, shown, "id", "nowhere")).toBe(shown);
  });
  it("keeps widths within bounds", () => {
    expect(resizeColumn(PLAIN, "id", 5).widths.id).toBe(56);
    expect(resizeColumn(PLAIN, "id", 5_000).widths.id).toBe(800);
    const { tracks, minWidth } = template(COLUMNS as never, resizeColumn(PLAIN, "id", 100));
    expect(tracks).toBe("100px minmax(120px, 1fr) 90px");
    expect(minWidth).toBe(310);
  });
  it.each([null, 7, "x", { order: 1, hidden: [2], widths: { id: "wide" } }])(
    "is plain when storage holds %j",
    (stored) => expect(readLayout(stored)).toEqual(PLAIN),
  );
});

describe("keys", () => {
  it.each([
    ["j", 0, 1],
    ["ArrowDown", 9, 9],
    ["k", 0, 0],
    ["ArrowUp", -1, 0],
    ["PageDown", 2, 7],
    ["PageUp", 2, 0],
    ["Home", 5, 0],
    ["End", 5, 9],
    ["x", 5, null],
  ])("%s from row %i leads to %s", (key, from, to) => expect(nextRow(key, from, 10, 5)).toBe(to));
  it("lead nowhere in an empty grid", () => expect(nextRow("j", -1, 0, 5)).toBeNull());
  it("inside a control belong to the control", () => {
    const button = document.createElement("button");
    button.append(document.createElement("span"));
    expect(isInsideControl(button.firstElementChild)).toBe(true);
    expect(isInsideControl(document.createElement("div"))).toBe(false);
    expect(isInsideControl(null)).toBe(false);
  });
});

function Table(props: { rows: Row[]; onOpen?: (row: Row) => void; hasMore?: boolean }) {
  const [layout, change] = useLayout(1, "test");
  return (
    <>
      <ColumnMenu {...{ columns: COLUMNS, layout, change }} />
      <DataGrid
        label="Things"
        columns={COLUMNS}
        rowKey={(row) => row.id}
        empty={<p>nothing here</p>}
        {...{ layout, change, ...props }}
      />
    </>
  );
}

const rows = Array.from({ length: 1_000 }, (_, id) => ({ id, name: `row ${id}` }));

describe("the grid", () => {
  beforeEach(() => localStorage.clear());

  it("tells how many rows there are, or that nobody knows", () => {
    const view = renderWidget(<Table rows={rows} />);
    expect(screen.getByRole("grid", { name: "Things" }).getAttribute("aria-rowcount")).toBe("1001");
    view.rerender(<Table rows={rows} hasMore />);
    expect(screen.getByRole("grid").getAttribute("aria-rowcount")).toBe("-1");
  });
  it("shows what it has to say when it is empty", () => {
    renderWidget(<Table rows={[]} />);
    screen.getByText("nothing here");
  });
  it("opens the active row with Enter", () => {
    const onOpen = vi.fn();
    renderWidget(<Table rows={rows} onOpen={onOpen} />);
    const grid = screen.getByRole("grid");
    fireEvent.focus(grid);
    fireEvent.keyDown(grid, { key: "j" });
    fireEvent.keyDown(grid, { key: "j" });
    fireEvent.keyDown(grid, { key: "k" });
    fireEvent.keyDown(grid, { key: "Enter" });
    expect(onOpen).toHaveBeenCalledExactlyOnceWith(rows[1]);
  });
  it("leaves keys with a modifier alone", () => {
    const onOpen = vi.fn();
    renderWidget(<Table rows={rows} onOpen={onOpen} />);
    fireEvent.focus(screen.getByRole("grid"));
    fireEvent.keyDown(screen.getByRole("grid"), { key: "Enter", ctrlKey: true });
    expect(onOpen).not.toHaveBeenCalled();
  });
  it("resizes by keyboard, and remembers", async () => {
    const user = userEvent.setup();
    const view = renderWidget(<Table rows={rows} />);
    const separator = () => screen.getByRole("separator", { name: "Width of Name" });
    separator().focus();
    await user.keyboard("{ArrowRight}{ArrowRight}{ArrowLeft}");
    expect(separator().getAttribute("aria-valuenow")).toBe("136");
    view.unmount();
    renderWidget(<Table rows={rows} />);
    expect(separator().getAttribute("aria-valuenow")).toBe("136");
  });
  it("offers its columns in a menu", async () => {
    const user = userEvent.setup();
    renderWidget(<Table rows={rows} />);
    await user.click(screen.getByRole("button", { name: "Columns: 2 of 3" }));
    await user.click(screen.getByRole("menuitemcheckbox", { name: "More" }));
    await user.keyboard("{Escape}");
    screen.getByRole("columnheader", { name: "More" });
  });
});

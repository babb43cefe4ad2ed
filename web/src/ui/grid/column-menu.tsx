import { Columns3, RotateCcw } from "lucide-react";
import { useI18n } from "@/i18n/provider";
import { Button } from "../button";
import { Menu, MenuCheck, MenuItem, MenuLine } from "../menu";
import { type Column, isHidden, type Layout, PLAIN, toggleColumn } from "./columns";
import type { ChangeLayout } from "./use-layout";

interface Props<Row> {
  columns: Column<Row>[];
  layout: Layout;
  change: ChangeLayout;
}

export function ColumnMenu<Row>({ columns, layout, change }: Props<Row>) {
  const { t } = useI18n();
  const all = columns as unknown as Column<never>[];
  const shown = all.filter((column) => !isHidden(column, layout)).length;
  return (
    <Menu
      trigger={
        <Button look="normal" aria-label={t("grid.columnsOf", { shown, total: all.length })}>
          <Columns3 size={14} aria-hidden="true" />
          <span className="max-small:sr-only">{t("grid.columns")}</span>
        </Button>
      }
    >
      {all
        .filter((column) => !column.isFixed)
        .map((column) => (
          <MenuCheck
            key={column.id}
            isOn={!isHidden(column, layout)}
            onChange={() => change((before) => toggleColumn(column, before))}
          >
            {column.label}
          </MenuCheck>
        ))}
      <MenuLine />
      <MenuItem icon={<RotateCcw size={14} />} onSelect={() => change(() => PLAIN)}>
        {t("grid.reset")}
      </MenuItem>
    </Menu>
  );
}

import { X } from "lucide-react";
import type { MessageKey } from "@/i18n/loader";
import { useI18n } from "@/i18n/provider";
import { Button } from "@/ui/button";
import { InlineSelect } from "@/ui/field";
import { SearchBox } from "@/ui/search-box";
import type { UsageLog } from "../feed";
import { type Filters, hasFilters } from "../search";

const COMMON = ["200", "!200", "400", "401", "403", "404", "429", "500", "502", "503"];

interface Props {
  filters: Filters;
  onChange: (filters: Filters) => void;
}

export function FilterFields({ filters, onChange }: Props) {
  const { t } = useI18n();
  const { statusCode } = filters;
  const codes = statusCode && !COMMON.includes(statusCode) ? [...COMMON, statusCode] : COMMON;
  const options = codes.map((value) => ({
    value,
    label: value === "!200" ? t("logs.not200") : value,
  }));
  return (
    <>
      <SearchBox
        label={t("logs.filterModel")}
        value={filters.model ?? ""}
        onChange={(model) => onChange({ ...filters, model: model.trim() || undefined })}
        className="w-52 max-small:w-40"
      />
      <InlineSelect
        label={t("logs.filterStatus")}
        value={statusCode ?? ""}
        options={[{ value: "", label: t("logs.anyStatus") }, ...options]}
        onChange={(event) => onChange({ ...filters, statusCode: event.target.value || undefined })}
      />
    </>
  );
}

const LABELS: Record<keyof Filters, MessageKey> = {
  statusCode: "logs.status",
  model: "logs.model",
  userId: "logs.user",
  keyId: "logs.key",
  providerId: "logs.provider",
};

/** An id is told by name once a row that carries it has been seen. */
function nameOf(filter: keyof Filters, value: string | number, rows: UsageLog[]): string {
  const names: Partial<Record<keyof Filters, (row: UsageLog) => string | null>> = {
    userId: (row) => (row.userId === value ? row.userName : null),
    keyId: (row) => (row.keyId === value ? row.keyName : null),
    providerId: (row) => (row.providerId === value ? row.providerName : null),
  };
  const read = names[filter];
  if (!read) return String(value);
  for (const row of rows) {
    const name = read(row);
    if (name !== null) return name;
  }
  return `#${value}`;
}

/** What is filtered by, each to be taken away, and all at once. */
export function FilterChips({ filters, onChange, rows }: Props & { rows: UsageLog[] }) {
  const { t } = useI18n();
  if (!hasFilters(filters)) return null;
  const active = (Object.keys(LABELS) as (keyof Filters)[]).flatMap((name) => {
    const value = filters[name];
    return value === undefined ? [] : [{ name, value }];
  });
  return (
    <ul
      aria-label={t("logs.activeFilters")}
      className="m-0 flex list-none flex-wrap items-center gap-2 px-5 pb-3 max-small:px-4"
    >
      {active.map(({ name, value }) => {
        const shown = value === "!200" ? t("logs.not200") : nameOf(name, value, rows);
        const label = t("logs.chip", { label: t(LABELS[name]), value: shown });
        return (
          <li
            key={name}
            className="inline-flex h-7 items-center rounded-control bg-selected pl-2 text-12"
          >
            {label}
            <button
              type="button"
              aria-label={t("logs.removeFilter", { label })}
              onClick={() => onChange({ ...filters, [name]: undefined })}
              className="flex size-7 items-center justify-center text-muted hover:text-text"
            >
              <X size={13} />
            </button>
          </li>
        );
      })}
      <li>
        <Button size="small" look="quiet" onClick={() => onChange({})}>
          {t("action.clearFilters")}
        </Button>
      </li>
    </ul>
  );
}

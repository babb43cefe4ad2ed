import { idParam, textParam } from "@/lib/url-state";

export interface LogsSearch {
  /** three digits, or "!200" for everything else */
  statusCode?: string;
  model?: string;
  userId?: number;
  keyId?: number;
  providerId?: number;
  /** the row whose drawer is open */
  row?: number;
}

const LONGEST_MODEL = 128;

function statusParam(value: unknown): string | undefined {
  const text = String(value ?? "");
  return text === "!200" || /^[1-5]\d\d$/.test(text) ? text : undefined;
}

export function logsSearch(raw: Record<string, unknown>): LogsSearch {
  return {
    statusCode: statusParam(raw.statusCode),
    model: textParam(raw.model, LONGEST_MODEL),
    userId: idParam(raw.userId),
    keyId: idParam(raw.keyId),
    providerId: idParam(raw.providerId),
    row: idParam(raw.row),
  };
}

export type Filters = Omit<LogsSearch, "row">;

export function filtersOf({ row: _row, ...filters }: LogsSearch): Filters {
  return filters;
}

export function hasFilters(filters: Filters): boolean {
  return Object.values(filters).some((value) => value !== undefined);
}

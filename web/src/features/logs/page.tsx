import { getRouteApi, useNavigate } from "@tanstack/react-router";
import { useCallback, useMemo } from "react";
import { useSession } from "@/api/session";
import { logsCadence } from "@/lib/cadence";
import { LogTable } from "./parts/table";
import { type Filters, filtersOf, type LogsSearch } from "./search";

const route = getRouteApi("/$locale/shell/dashboard/logs");

export default function LogsPage() {
  const search = route.useSearch();
  const navigate = useNavigate();
  const session = useSession();
  const isReading = search.row !== undefined;
  const setFilters = useCallback(
    (filters: Filters) => void navigate({ to: ".", search: filters as LogsSearch, replace: true }),
    [navigate],
  );
  const setRow = useCallback(
    (row: number | undefined) =>
      void navigate({
        to: ".",
        search: (before) => ({ ...before, row }) as LogsSearch,
        // Opening is a step that Back undoes; turning to a neighbour and closing are not.
        replace: isReading,
      }),
    [navigate, isReading],
  );
  // one object for as long as the filters mean the same
  const name = JSON.stringify(filtersOf(search));
  const filters = useMemo(() => JSON.parse(name) as Filters, [name]);
  return (
    <LogTable
      filters={filters}
      setFilters={setFilters}
      row={search.row}
      setRow={setRow}
      userId={session?.user.id ?? 0}
      intervalMs={logsCadence(session?.features.logsRefreshMs)}
    />
  );
}

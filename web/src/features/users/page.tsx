import { getRouteApi, useNavigate } from "@tanstack/react-router";
import { UserPlus, Users as UsersIcon } from "lucide-react";
import { lazy, Suspense, useCallback, useMemo, useState } from "react";
import { useSession } from "@/api/session";
import { errorText } from "@/app/error-text";
import { View } from "@/app/view";
import { useI18n } from "@/i18n/provider";
import { Button } from "@/ui/button";
import { ColumnMenu, DataGrid, type RowState, useLayout } from "@/ui/grid";
import { SearchBox } from "@/ui/search-box";
import { EmptyState, PageHeader } from "@/ui/states";
import { showToast } from "@/ui/toast";
import { type Actions, useColumns } from "./parts/columns";
import { DeleteDialog } from "./parts/delete-dialog";
import { hasMatchingKey, type Row, rowKey, rowsOf } from "./parts/rows";
import { type User, useToggleKey, useToggleUser, useUsers } from "./queries";
import type { UsersSearch } from "./search";

/* Forms are fetched after the list, which has no need of them. */
const Dialogs = lazy(() => import("./parts/dialogs"));
const route = getRouteApi("/$locale/shell/dashboard/users");

export default function UsersPage() {
  const { t } = useI18n();
  const search = route.useSearch();
  const navigate = useNavigate();
  const session = useSession();
  const users = useUsers(search.q);
  const [layout, change] = useLayout(session?.user.id ?? 0, "users");
  const [deleting, setDeleting] = useState<Row | null>(null);
  const folds = useFolds(search.q);

  const open = useCallback(
    (next: UsersSearch) =>
      void navigate({ to: ".", search: (before) => ({ q: before.q, ...next }) as UsersSearch }),
    [navigate],
  );
  const setQuery = useCallback((q: string) => open({ q: q || undefined }), [open]);
  const all = useMemo(() => users.data?.pages.flatMap((page) => page.items) ?? [], [users.data]);
  const rows = useMemo(() => rowsOf(all, folds.isUnfolded), [all, folds.isUnfolded]);
  const columns = useColumns(useActions(open, folds, setDeleting));

  const rowState = (row: Row): RowState => ({
    level: row.kind === "user" ? 1 : 2,
    isExpanded: row.kind === "user" ? folds.isUnfolded(row.user) : undefined,
  });
  return (
    <div className="flex min-h-0 flex-1 flex-col">
      <PageHeader
        title={t("nav.users")}
        note={
          all.length > 0 &&
          t("users.count", { count: all.length, hasMore: String(users.hasNextPage) })
        }
      >
        <SearchBox label={t("users.search")} value={search.q ?? ""} onChange={setQuery} />
        <ColumnMenu {...{ columns, layout, change }} />
        <Button look="primary" onClick={() => open({ create: "1" })}>
          <UserPlus size={14} aria-hidden="true" />
          {t("users.create")}
        </Button>
      </PageHeader>
      <View query={users}>
        {() => (
          <DataGrid
            label={t("nav.users")}
            {...{ columns, layout, change, rows, rowKey, rowState }}
            onToggle={(row) => row.kind === "user" && folds.toggle(row.user)}
            hasMore={users.hasNextPage}
            onEndReached={() => !users.isFetchingNextPage && void users.fetchNextPage()}
            empty={
              <Empty
                q={search.q}
                onClear={() => setQuery("")}
                onCreate={() => open({ create: "1" })}
              />
            }
          />
        )}
      </View>
      <Suspense>
        <Dialogs search={search} onClose={() => open({})} />
      </Suspense>
      {deleting && <DeleteDialog row={deleting} onClose={() => setDeleting(null)} />}
    </div>
  );
}

/** Which users show their keys: those unfolded by hand, and those a search found by a key. */
function useFolds(q: string | undefined) {
  const [turned, setTurned] = useState<ReadonlySet<number>>(new Set());
  const isUnfolded = useCallback(
    (user: User) => turned.has(user.id) !== hasMatchingKey(user, q),
    [turned, q],
  );
  const toggle = useCallback((user: User) => {
    setTurned((before) => {
      const next = new Set(before);
      if (!next.delete(user.id)) next.add(user.id);
      return next;
    });
  }, []);
  return useMemo(() => ({ isUnfolded, toggle }), [isUnfolded, toggle]);
}

function useActions(
  open: (search: UsersSearch) => void,
  folds: ReturnType<typeof useFolds>,
  remove: (row: Row) => void,
): Actions {
  const i18n = useI18n();
  const { mutate: toggleUser } = useToggleUser();
  const { mutate: toggleKey } = useToggleKey();
  return useMemo(() => {
    const onError = (error: unknown) => showToast("bad", errorText(error, i18n));
    return {
      isUnfolded: (row) => folds.isUnfolded(row.user),
      toggleFold: (row) => folds.toggle(row.user),
      setEnabled: (row, isEnabled) =>
        row.kind === "user"
          ? toggleUser({ target: row.user, isEnabled }, { onError })
          : toggleKey({ target: row.key, isEnabled }, { onError }),
      addKey: (row) => open({ newKey: row.user.id }),
      edit: (row) => open(row.kind === "user" ? { edit: row.user.id } : { editKey: row.key.id }),
      remove,
    };
  }, [i18n, folds, toggleUser, toggleKey, open, remove]);
}

function Empty(props: { q: string | undefined; onClear: () => void; onCreate: () => void }) {
  const { t } = useI18n();
  if (props.q) {
    return (
      <EmptyState
        title={t("state.noMatch")}
        action={<Button onClick={props.onClear}>{t("action.clearFilters")}</Button>}
      />
    );
  }
  return (
    <EmptyState
      icon={<UsersIcon size={32} />}
      title={t("users.empty")}
      action={
        <Button look="primary" onClick={props.onCreate}>
          {t("users.create")}
        </Button>
      }
    >
      {t("users.emptyText")}
    </EmptyState>
  );
}

import { getRouteApi, useNavigate } from "@tanstack/react-router";
import { Boxes, Plus } from "lucide-react";
import { lazy, Suspense, useCallback, useMemo, useState } from "react";
import { useSession } from "@/api/session";
import { errorText } from "@/app/error-text";
import { View } from "@/app/view";
import { useI18n } from "@/i18n/provider";
import { Button } from "@/ui/button";
import { ConfirmDialog } from "@/ui/confirm-dialog";
import { ColumnMenu, DataGrid, useLayout } from "@/ui/grid";
import { SearchBox } from "@/ui/search-box";
import { EmptyState, PageHeader } from "@/ui/states";
import { showToast } from "@/ui/toast";
import { useColumns } from "./parts/columns";
import { type Provider, useDeleteProvider, useProviders, useToggleProvider } from "./queries";
import type { ProvidersSearch } from "./search";

/* The form is fetched after the list, which has no need of it. */
const ProviderForm = lazy(() => import("./parts/provider-form"));
const route = getRouteApi("/$locale/shell/dashboard/providers");

export default function ProvidersPage() {
  const i18n = useI18n();
  const { t } = i18n;
  const search = route.useSearch();
  const navigate = useNavigate();
  const session = useSession();
  const providers = useProviders(search.q);
  const [layout, change] = useLayout(session?.user.id ?? 0, "providers");
  const [deleting, setDeleting] = useState<Provider | null>(null);
  const { mutate: toggle } = useToggleProvider();

  const open = useCallback(
    (next: ProvidersSearch) =>
      void navigate({ to: ".", search: (before) => ({ q: before.q, ...next }) as ProvidersSearch }),
    [navigate],
  );
  const setQuery = useCallback((q: string) => open({ q: q || undefined }), [open]);
  const close = () => open({});
  const rows = useMemo(
    () => providers.data?.pages.flatMap((page) => page.items) ?? [],
    [providers.data],
  );
  const actions = useMemo(
    () => ({
      setEnabled: ({ id }: Provider, isEnabled: boolean) =>
        toggle({ id, isEnabled }, { onError: (error) => showToast("bad", errorText(error, i18n)) }),
      edit: ({ id }: Provider) => open({ edit: id }),
      remove: setDeleting,
    }),
    [toggle, open, i18n],
  );
  const columns = useColumns(actions);
  return (
    <div className="flex min-h-0 flex-1 flex-col">
      <PageHeader
        title={t("nav.providers")}
        note={
          rows.length > 0 &&
          t("providers.count", { count: rows.length, hasMore: String(providers.hasNextPage) })
        }
      >
        <SearchBox label={t("providers.search")} value={search.q ?? ""} onChange={setQuery} />
        <ColumnMenu {...{ columns, layout, change }} />
        <Button look="primary" onClick={() => open({ create: "1" })}>
          <Plus size={14} aria-hidden="true" />
          {t("provider.add")}
        </Button>
      </PageHeader>
      <View query={providers}>
        {() => (
          <DataGrid
            label={t("nav.providers")}
            {...{ columns, layout, change, rows }}
            rowKey={(one) => one.id}
            onOpen={actions.edit}
            hasMore={providers.hasNextPage}
            onEndReached={() => !providers.isFetchingNextPage && void providers.fetchNextPage()}
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
        {search.create && <ProviderForm id={null} onClose={close} />}
        {search.edit && <ProviderForm id={search.edit} onClose={close} />}
      </Suspense>
      {deleting && <DeleteProvider provider={deleting} onClose={() => setDeleting(null)} />}
    </div>
  );
}

function DeleteProvider({ provider, onClose }: { provider: Provider; onClose: () => void }) {
  const i18n = useI18n();
  const { t } = i18n;
  const { id, name } = provider;
  const action = useDeleteProvider();
  return (
    <ConfirmDialog
      title={t("providers.delete", { name })}
      confirmLabel={t("action.delete")}
      isBusy={action.isPending}
      error={action.error ? errorText(action.error, i18n) : null}
      onClose={onClose}
      onConfirm={() =>
        action.mutate(id, {
          onSuccess: () => {
            showToast("good", t("state.deleted", { name }));
            onClose();
          },
        })
      }
    >
      <p>{t("providers.deleteText", { name })}</p>
    </ConfirmDialog>
  );
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
      icon={<Boxes size={32} />}
      title={t("providers.empty")}
      action={
        <Button look="primary" onClick={props.onCreate}>
          {t("provider.add")}
        </Button>
      }
    >
      {t("providers.emptyText")}
    </EmptyState>
  );
}

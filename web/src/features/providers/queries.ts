import {
  type InfiniteData,
  useInfiniteQuery,
  useMutation,
  useQuery,
  useQueryClient,
} from "@tanstack/react-query";
import { api, call, callTagged, ifMatch, type Tagged } from "@/api/client";
import { keys } from "@/api/keys";
import type { components } from "@/api/schema";
import { CADENCE, STALE_MS, useInterval } from "@/lib/cadence";

type Schemas = components["schemas"];
export type Provider = Schemas["Provider"];
export type ProviderCreate = Schemas["ProviderCreate"];
export type ProviderUpdate = Schemas["ProviderUpdate"];

const PAGE = 100;
type Pages = InfiniteData<Schemas["ProviderList"], string | undefined>;

export function useProviders(q: string | undefined) {
  return useInfiniteQuery({
    queryKey: keys.providers({ q }),
    initialPageParam: undefined as string | undefined,
    queryFn: ({ pageParam: cursor, signal }) =>
      call(api.GET("/api/v1/providers", { params: { query: { limit: PAGE, cursor, q } }, signal })),
    getNextPageParam: (page) => page.pageInfo.nextCursor ?? undefined,
    refetchInterval: useInterval(CADENCE.providers),
    staleTime: STALE_MS,
  });
}

export function useProvider(id: number) {
  return useQuery({
    queryKey: keys.provider(id),
    queryFn: ({ signal }) =>
      callTagged(api.GET("/api/v1/providers/{id}", { params: { path: { id } }, signal })),
    staleTime: 0,
    gcTime: 0,
  });
}

function useRefresh() {
  const client = useQueryClient();
  return () => {
    void client.invalidateQueries({ queryKey: keys.setup });
    return client.invalidateQueries({ queryKey: keys.anyProvider });
  };
}

export function useCreateProvider() {
  return useMutation({
    mutationFn: (body: ProviderCreate) => call(api.POST("/api/v1/providers", { body })),
    onSuccess: useRefresh(),
  });
}

export function useUpdateProvider({ value, etag }: Tagged<Provider>) {
  return useMutation({
    mutationFn: (body: ProviderUpdate) =>
      call(
        api.PATCH("/api/v1/providers/{id}", {
          params: { path: { id: value.id }, ...ifMatch(etag) },
          body,
        }),
      ),
    onSuccess: useRefresh(),
  });
}

export function useDeleteProvider() {
  return useMutation({
    mutationFn: (id: number) =>
      call(api.DELETE("/api/v1/providers/{id}", { params: { path: { id } } })),
    onSuccess: useRefresh(),
  });
}

/** A switch flips at once and flips back when the service refuses. */
export function useToggleProvider() {
  const client = useQueryClient();
  const filter = { queryKey: ["providers", "list"] };
  return useMutation({
    mutationFn: ({ id, isEnabled }: { id: number; isEnabled: boolean }) =>
      call(
        api.PATCH("/api/v1/providers/{id}", {
          params: { path: { id } },
          body: { is_enabled: isEnabled },
        }),
      ),
    onMutate: async ({ id, isEnabled }) => {
      await client.cancelQueries(filter);
      const before = client.getQueriesData<Pages>(filter);
      client.setQueriesData<Pages>(filter, (pages) => pages && withState(pages, id, isEnabled));
      return before;
    },
    onError: (_error, _sent, before) => {
      for (const [key, pages] of before ?? []) client.setQueryData(key, pages);
    },
    onSettled: () => client.invalidateQueries({ queryKey: keys.anyProvider }),
  });
}

function withState(pages: Pages, id: number, isEnabled: boolean): Pages {
  const change = (one: Provider) => (one.id === id ? { ...one, isEnabled } : one);
  return {
    ...pages,
    pages: pages.pages.map((page) => ({ ...page, items: page.items.map(change) })),
  };
}

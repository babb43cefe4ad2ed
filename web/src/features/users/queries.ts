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

type Schemas = components["schemas"];
export type User = Schemas["User"];
export type Key = Schemas["Key"];
export type UserList = Schemas["UserList"];
export type UserUpdate = Schemas["UserUpdate"];
export type UserCreate = Schemas["UserCreate"];
export type KeyUpdate = Schemas["KeyUpdate"];
export type KeyCreate = Schemas["KeyCreate"];

const PAGE = 50;
type Pages = InfiniteData<UserList, string | undefined>;

export function useUsers(q: string | undefined) {
  return useInfiniteQuery({
    queryKey: keys.users({ q }),
    initialPageParam: undefined as string | undefined,
    queryFn: ({ pageParam: cursor, signal }) =>
      call(api.GET("/api/v1/users", { params: { query: { limit: PAGE, cursor, q } }, signal })),
    getNextPageParam: (page) => page.pageInfo.nextCursor ?? undefined,
  });
}

/** What the first provider speaks decides which command a new key is shown with. */
export function useFirstProviderType(isAsked: boolean) {
  return useQuery({
    queryKey: keys.firstProvider,
    enabled: isAsked,
    queryFn: ({ signal }) =>
      call(api.GET("/api/v1/providers", { params: { query: { limit: 1 } }, signal })),
    select: (list) => list.items[0]?.providerType,
  });
}

export function useUser(id: number) {
  return useQuery({
    queryKey: keys.user(id),
    queryFn: ({ signal }) =>
      callTagged(api.GET("/api/v1/users/{id}", { params: { path: { id } }, signal })),
    staleTime: 0,
    gcTime: 0,
  });
}

export function useKey(keyId: number) {
  return useQuery({
    queryKey: keys.key(keyId),
    queryFn: ({ signal }) =>
      callTagged(api.GET("/api/v1/keys/{keyId}", { params: { path: { keyId } }, signal })),
    staleTime: 0,
    gcTime: 0,
  });
}

function useRefresh() {
  const client = useQueryClient();
  return () => {
    void client.invalidateQueries({ queryKey: keys.setup });
    return client.invalidateQueries({ queryKey: keys.anyUser });
  };
}

export function useCreateUser() {
  return useMutation({
    mutationFn: (body: UserCreate) => call(api.POST("/api/v1/users", { body })),
    onSuccess: useRefresh(),
  });
}

export function useUpdateUser({ value, etag }: Tagged<User>) {
  return useMutation({
    mutationFn: (body: UserUpdate) =>
      call(
        api.PATCH("/api/v1/users/{id}", {
          params: { path: { id: value.id }, ...ifMatch(etag) },
          body,
        }),
      ),
    onSuccess: useRefresh(),
  });
}

export function useDeleteUser() {
  return useMutation({
    mutationFn: (id: number) =>
      call(api.DELETE("/api/v1/users/{id}", { params: { path: { id } } })),
    onSuccess: useRefresh(),
  });
}

export function useCreateKey(userId: number) {
  return useMutation({
    mutationFn: (body: KeyCreate) =>
      call(api.POST("/api/v1/users/{userId}/keys", { params: { path: { userId } }, body })),
    onSuccess: useRefresh(),
  });
}

export function useUpdateKey({ value, etag }: Tagged<Key>) {
  return useMutation({
    mutationFn: (body: KeyUpdate) =>
      call(
        api.PATCH("/api/v1/keys/{keyId}", {
          params: { path: { keyId: value.id }, ...ifMatch(etag) },
          body,
        }),
      ),
    onSuccess: useRefresh(),
  });
}

export function useDeleteKey() {
  return useMutation({
    mutationFn: (keyId: number) =>
      call(api.DELETE("/api/v1/keys/{keyId}", { params: { path: { keyId } } })),
    onSuccess: useRefresh(),
  });
}

/** The same pages with one user changed. */
export function withUser(pages: Pages, id: number, change: (user: User) => User): Pages {
  return {
    ...pages,
    pages: pages.pages.map((page) => ({
      ...page,
      items: page.items.map((user) => (user.id === id ? change(user) : user)),
    })),
  };
}

/** A switch flips at once and flips back when the service refuses. */
function useOptimistic<T>(
  send: (target: T, isEnabled: boolean) => Promise<unknown>,
  apply: (pages: Pages, target: T, isEnabled: boolean) => Pages,
) {
  const client = useQueryClient();
  const filter = { queryKey: ["users", "list"] };
  return useMutation({
    mutationFn: ({ target, isEnabled }: { target: T; isEnabled: boolean }) =>
      send(target, isEnabled),
    onMutate: async ({ target, isEnabled }) => {
      await client.cancelQueries(filter);
      const before = client.getQueriesData<Pages>(filter);
      client.setQueriesData<Pages>(filter, (pages) => pages && apply(pages, target, isEnabled));
      return before;
    },
    onError: (_error, _sent, before) => {
      for (const [key, pages] of before ?? []) client.setQueryData(key, pages);
    },
    onSettled: () => client.invalidateQueries({ queryKey: keys.anyUser }),
  });
}

export function useToggleUser() {
  return useOptimistic<User>(
    ({ id }, isEnabled) =>
      call(api.PATCH("/api/v1/users/{id}", { params: { path: { id } }, body: { isEnabled } })),
    (pages, { id }, isEnabled) => withUser(pages, id, (user) => ({ ...user, isEnabled })),
  );
}

export function useToggleKey() {
  return useOptimistic<Key>(
    ({ id, name }, isEnabled) =>
      call(
        api.PATCH("/api/v1/keys/{keyId}", {
          params: { path: { keyId: id } },
          body: { name, isEnabled },
        }),
      ),
    (pages, { id, userId }, isEnabled) =>
      withUser(pages, userId, (user) => ({
        ...user,
        keys: user.keys.map((key) => (key.id === id ? { ...key, isEnabled } : key)),
      })),
  );
}

import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { api, call } from "@/api/client";
import { keys } from "@/api/keys";
import type { components } from "@/api/schema";
import { polling } from "@/app/queries";
import { CADENCE, useInterval } from "@/lib/cadence";
import { floorHour, HOUR_MS } from "@/lib/time";

type Schemas = components["schemas"];
export type UsageHour = Schemas["UsageHour"];
export type DataPlaneList = Schemas["DataPlaneList"];
export type ProviderType = Schemas["ProviderType"];
export type NewProvider = Schemas["ProviderCreate"];

export interface Setup {
  provider: Schemas["Provider"] | null;
  user: Schemas["User"] | null;
  hasRequest: boolean;
}

export function isComplete(setup: Setup): boolean {
  return setup.provider !== null && setup.user !== null && setup.hasRequest;
}

/** Whether there is a provider, a user and a request yet; asked often only until there are. */
export function useSetup(isAsked: boolean) {
  const client = useQueryClient();
  const known = client.getQueryData<Setup>(keys.setup);
  const interval = useInterval(CADENCE.setup, !known || !isComplete(known));
  return useQuery({
    queryKey: keys.setup,
    enabled: isAsked,
    queryFn: async ({ signal }): Promise<Setup> => {
      const query = { limit: 1 };
      const [providers, users, logs] = await Promise.all([
        call(api.GET("/api/v1/providers", { params: { query }, signal })),
        call(api.GET("/api/v1/users", { params: { query }, signal })),
        call(api.GET("/api/v1/usage-logs", { params: { query }, signal })),
      ]);
      return {
        provider: providers.items[0] ?? null,
        user: users.items[0] ?? null,
        hasRequest: logs.items.length > 0,
      };
    },
    ...polling(CADENCE.setup, interval),
  });
}

const DAY_HOURS = 24;

/** The current hour and the 23 before it. */
export function dayOf(now: number): { from: string; to: string } {
  const last = floorHour(now);
  return {
    from: new Date(last - (DAY_HOURS - 1) * HOUR_MS).toISOString(),
    to: new Date(last + HOUR_MS).toISOString(),
  };
}

export function useHours(from: string, to: string) {
  const interval = useInterval(CADENCE.overview);
  return useQuery({
    queryKey: keys.hours(from),
    queryFn: ({ signal }) =>
      call(api.GET("/api/v1/usage/hourly", { params: { query: { from, to } }, signal })),
    placeholderData: (before) => before,
    ...polling(CADENCE.overview, interval),
  });
}

export function useDataPlanes(isAsked: boolean) {
  const interval = useInterval(CADENCE.dataplanes);
  return useQuery({
    queryKey: keys.dataplanes,
    enabled: isAsked,
    queryFn: ({ signal }) => call(api.GET("/api/v1/system/dataplanes", { signal })),
    ...polling(CADENCE.dataplanes, interval),
  });
}

function useCreated() {
  const client = useQueryClient();
  return () => {
    void client.invalidateQueries({ queryKey: keys.setup });
    void client.invalidateQueries({ queryKey: keys.anyProvider });
    void client.invalidateQueries({ queryKey: keys.anyUser });
  };
}

export function useCreateProvider() {
  return useMutation({
    mutationFn: (body: NewProvider) => call(api.POST("/api/v1/providers", { body })),
    onSuccess: useCreated(),
  });
}

export function useCreateUser() {
  return useMutation({
    mutationFn: (name: string) => call(api.POST("/api/v1/users", { body: { name } })),
    onSuccess: useCreated(),
  });
}

export function useCreateKey() {
  return useMutation({
    mutationFn: ({ userId, name }: { userId: number; name: string }) =>
      call(
        api.POST("/api/v1/users/{userId}/keys", { params: { path: { userId } }, body: { name } }),
      ),
    onSuccess: useCreated(),
  });
}

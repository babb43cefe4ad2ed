/** The names of everything that is cached. A mutation invalidates by the first word. */
export const keys = {
  users: (search: { q?: string }) => ["users", "list", search] as const,
  user: (id: number) => ["users", "one", id] as const,
  key: (id: number) => ["users", "key", id] as const,
  anyUser: ["users"] as const,
  providers: (search: { q?: string }) => ["providers", "list", search] as const,
  provider: (id: number) => ["providers", "one", id] as const,
  firstProvider: ["providers", "first"] as const,
  anyProvider: ["providers"] as const,
  logs: (filters: object) => ["logs", "head", filters] as const,
  anyLog: ["logs"] as const,
  hours: (from: string) => ["usage", "hourly", from] as const,
  dataplanes: ["system", "dataplanes"] as const,
  setup: ["setup"] as const,
};

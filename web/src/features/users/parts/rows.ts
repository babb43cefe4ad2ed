import type { Key, User } from "../queries";

/** A line of the grid: a user, or one of the keys of a user that is unfolded. */
export type Row = { kind: "user"; user: User } | { kind: "key"; user: User; key: Key };

export function rowsOf(users: User[], isUnfolded: (user: User) => boolean): Row[] {
  return users.flatMap((user): Row[] => {
    const own: Row = { kind: "user", user };
    if (!isUnfolded(user)) return [own];
    return [own, ...user.keys.map((key): Row => ({ kind: "key", user, key }))];
  });
}

export function rowKey(row: Row): string {
  return row.kind === "user" ? `user-${row.user.id}` : `key-${row.key.id}`;
}

/** A search that names a key unfolds the user who has it. */
export function hasMatchingKey(user: User, q: string | undefined): boolean {
  const needle = q?.toLowerCase();
  return needle !== undefined && user.keys.some((key) => key.name.toLowerCase().includes(needle));
}

export type State = "on" | "off" | "expired";

export function stateOf(
  thing: { isEnabled: boolean; expiresAt: string | null },
  now: number,
): State {
  if (!thing.isEnabled) return "off";
  return thing.expiresAt !== null && Date.parse(thing.expiresAt) <= now ? "expired" : "on";
}

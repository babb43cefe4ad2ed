/** Search parameters as they stand in the address: plain text, no quoting of any kind. */
export type RawSearch = Record<string, string>;

export function parseSearch(text: string): RawSearch {
  return Object.fromEntries(new URLSearchParams(text));
}

export function stringifySearch(search: Record<string, unknown>): string {
  const params = new URLSearchParams();
  for (const [name, value] of Object.entries(search)) {
    if (value !== undefined && value !== null && value !== "") params.set(name, String(value));
  }
  const text = params.toString();
  return text === "" ? "" : `?${text}`;
}

/** A positive id, or undefined for anything else. */
export function idParam(value: unknown): number | undefined {
  const text = String(value ?? "");
  if (!/^[1-9]\d{0,15}$/.test(text)) return undefined;
  const id = Number(text);
  return Number.isSafeInteger(id) ? id : undefined;
}

export function textParam(value: unknown, max = 200): string | undefined {
  if (typeof value !== "string" && typeof value !== "number") return undefined;
  const text = String(value).trim();
  return text === "" || text.length > max ? undefined : text;
}

export function choiceParam<T extends string>(
  value: unknown,
  choices: readonly T[],
): T | undefined {
  return choices.find((choice) => choice === value);
}

/** The names that were given but understood as nothing. */
export function droppedParams(raw: Record<string, unknown>, parsed: object): string[] {
  const known = parsed as Record<string, unknown>;
  const isGiven = (value: unknown) => value !== undefined && value !== null && value !== "";
  return Object.keys(raw).filter((name) => isGiven(raw[name]) && known[name] === undefined);
}

const dropped = new Set<string>();

/**
 * The same parser, remembering what it dropped: the router cleans the address before any page is
 * there to tell of it.
 */
export function noting<T extends object>(parse: (raw: Record<string, unknown>) => T) {
  return (raw: Record<string, unknown>): T => {
    const parsed = parse(raw);
    for (const name of droppedParams(raw, parsed)) dropped.add(name);
    return parsed;
  };
}

export function takeDropped(): string[] {
  const names = [...dropped];
  dropped.clear();
  return names;
}

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

/** The names that were given but understood as nothing: told to the user, then dropped. */
export function droppedParams(raw: Record<string, unknown>, parsed: Record<string, unknown>) {
  return Object.keys(raw).filter((name) => raw[name] !== "" && parsed[name] === undefined);
}

const SHOWN = 16;

/** The first characters of an id; the whole one belongs into a tooltip and the clipboard. */
export function shortId(id: string): string {
  if (id.length <= SHOWN) return id;
  return `${id.slice(0, SHOWN - 5)}…${id.slice(-4)}`;
}

/** "Ada Lovelace" gives AL, "alice" gives A. */
export function initials(name: string): string {
  const words = name.trim().split(/\s+/).filter(Boolean);
  const letters = words.slice(0, 2).map((word) => [...word][0] ?? "");
  return letters.join("").toUpperCase() || "?";
}

import { createStore, type Store } from "./store";

/* Looks and habits only. Keys, tokens and bodies never come near the browser's storage. */

function read(name: string): string | null {
  try {
    return localStorage.getItem(name);
  } catch {
    return null; // storage is switched off
  }
}

function write(name: string, value: string): void {
  try {
    localStorage.setItem(name, value);
  } catch {
    // the choice lasts as long as the tab
  }
}

function choice<T extends string>(name: string, choices: readonly [T, ...T[]]): Store<T> {
  const stored = read(name);
  const store = createStore<T>(choices.find((one) => one === stored) ?? choices[0]);
  store.subscribe(() => write(name, store.get()));
  return store;
}

export const THEMES = ["system", "light", "dark"] as const;
export const DENSITIES = ["normal", "compact", "roomy"] as const;
export type Theme = (typeof THEMES)[number];
export type Density = (typeof DENSITIES)[number];

export const theme = choice("ui.theme", THEMES);
export const density = choice("ui.density", DENSITIES);
export const rail = choice("ui.rail", ["auto", "open", "closed"] as const);
export const shortcuts = choice("ui.shortcuts", ["on", "off"] as const);

/** Row heights by density; the same figures as --row in tokens.css. */
export const ROW_PX: Record<Density, number> = { compact: 32, normal: 40, roomy: 52 };

theme.subscribe(() => dispatchEvent(new Event("millrace:theme")));
density.subscribe(() => {
  document.documentElement.dataset.density = density.get();
});

export function readJson<T>(name: string, fallback: T): T {
  try {
    const text = read(name);
    return text === null ? fallback : (JSON.parse(text) as T);
  } catch {
    return fallback;
  }
}

export function writeJson(name: string, value: unknown): void {
  write(name, JSON.stringify(value));
}

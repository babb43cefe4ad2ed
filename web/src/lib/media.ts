import { useSyncExternalStore } from "react";

export const PHONE = "(max-width: 639px)";
export const BELOW_TABLET = "(max-width: 767px)";
export const DESKTOP = "(min-width: 1024px)";

export function useMedia(query: string): boolean {
  return useSyncExternalStore(
    (notify) => {
      const list = matchMedia(query);
      list.addEventListener("change", notify);
      return () => list.removeEventListener("change", notify);
    },
    () => matchMedia(query).matches,
  );
}

import { useCallback, useState } from "react";
import { readJson, writeJson } from "@/lib/prefs";
import { type Layout, PLAIN, readLayout } from "./columns";

/** The layout of one table for one user, kept in the browser. */
export function useLayout(userId: number, tableId: string) {
  const name = `cols.${userId}.${tableId}`;
  const [layout, setLayout] = useState(() => readLayout(readJson<unknown>(name, PLAIN)));
  const change = useCallback(
    (update: (layout: Layout) => Layout) => {
      setLayout((before) => {
        const next = update(before);
        writeJson(name, next);
        return next;
      });
    },
    [name],
  );
  return [layout, change] as const;
}

export type ChangeLayout = ReturnType<typeof useLayout>[1];

import { choiceParam } from "@/lib/url-state";

export interface DashboardSearch {
  /** the first-start guide, asked for again */
  guide?: "open";
}

export function dashboardSearch(raw: Record<string, unknown>): DashboardSearch {
  return { guide: choiceParam(raw.guide, ["open"] as const) };
}

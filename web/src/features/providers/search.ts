import { choiceParam, idParam, textParam } from "@/lib/url-state";

export interface ProvidersSearch {
  q?: string;
  create?: "1";
  /** the provider being edited */
  edit?: number;
}

export function providersSearch(raw: Record<string, unknown>): ProvidersSearch {
  return {
    q: textParam(raw.q),
    create: choiceParam(raw.create, ["1"] as const),
    edit: idParam(raw.edit),
  };
}

import { choiceParam, idParam, textParam } from "@/lib/url-state";

export interface UsersSearch {
  q?: string;
  /** the dialog to create a user */
  create?: "1";
  /** the user being edited */
  edit?: number;
  /** the user for whom a key is being created */
  newKey?: number;
  /** the key being edited */
  editKey?: number;
}

export function usersSearch(raw: Record<string, unknown>): UsersSearch {
  return {
    q: textParam(raw.q),
    create: choiceParam(raw.create, ["1"] as const),
    edit: idParam(raw.edit),
    newKey: idParam(raw.newKey),
    editKey: idParam(raw.editKey),
  };
}

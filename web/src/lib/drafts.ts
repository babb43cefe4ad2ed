/*
 * Edits that were under way when the session ended. They wait in memory only, and are offered
 * again after the next sign-in.
 */
type Read = () => unknown | undefined;

const open = new Map<string, Read>();
const drafts = new Map<string, unknown>();

/** While a form is open: how to read its unsaved values, or undefined when there are none. */
export function watchDraft(name: string, read: Read): () => void {
  open.set(name, read);
  return () => {
    if (open.get(name) === read) open.delete(name);
  };
}

export function captureDrafts(): void {
  for (const [name, read] of open) {
    const values = read();
    if (values !== undefined) drafts.set(name, values);
  }
}

export function peekDraft(name: string): unknown | undefined {
  return drafts.get(name);
}

export function dropDraft(name: string): void {
  drafts.delete(name);
}

export function dropAllDrafts(): void {
  drafts.clear();
}

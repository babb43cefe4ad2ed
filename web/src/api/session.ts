import type { QueryClient } from "@tanstack/react-query";
import { captureDrafts, dropAllDrafts } from "@/lib/drafts";
import { createStore, useStore } from "@/lib/store";
import { api, call, setCsrfToken, setSessionLost } from "./client";
import { ProblemError } from "./errors";
import type { components } from "./schema";

export type Session = components["schemas"]["Session"];
export type LoginType = components["schemas"]["LoginType"];

/** undefined: not asked yet; null: signed out */
export const session = createStore<Session | null | undefined>(undefined);

/** Set when a session ended by itself, not by signing out. */
export const sessionLost = createStore(false);

export function useSession(): Session | null {
  return useStore(session) ?? null;
}

export async function ensureSession(): Promise<Session | null> {
  const known = session.get();
  return known === undefined ? refreshSession() : known;
}

export async function refreshSession(): Promise<Session | null> {
  try {
    const fresh = await call(api.GET("/api/v1/auth/session"));
    setCsrfToken(fresh.csrfToken);
    session.set(fresh);
    return fresh;
  } catch (error) {
    if (!(error instanceof ProblemError) || error.problem.status !== 401) throw error;
    session.set(null);
    return null;
  }
}

export async function signIn(key: string) {
  const result = await call(api.POST("/api/v1/auth/login", { body: { key } }));
  sessionLost.set(false);
  return result;
}

export async function signOut(client: QueryClient): Promise<void> {
  await call(api.POST("/api/v1/auth/logout"));
  dropAllDrafts();
  forget(client);
}

function forget(client: QueryClient): void {
  setCsrfToken(null);
  session.set(null);
  client.clear();
}

/** A 401 on any call: keep unsaved edits, forget the rest, and tell whoever shows pages. */
export function watchSession(client: QueryClient, onLost: () => void): void {
  setSessionLost(() => {
    if (!session.get()) return;
    captureDrafts();
    forget(client);
    sessionLost.set(true);
    onLost();
  });
}

import createClient from "openapi-fetch";
import { REQUEST_TIMEOUT_MS } from "@/lib/cadence";
import { reportReachable, reportUnreachable, setProbe } from "./connection";
import { ProblemError, retryAfter, toProblem, UnreachableError } from "./errors";
import type { paths } from "./schema";

const CSRF_HEADER = "X-Millrace-CSRF";
const CSRF_LIFE_MS = 25 * 60_000;
const SAFE_METHODS = new Set(["GET", "HEAD"]);
/** Gateways in front of a service that is away answer with these. */
const AWAY = new Set([502, 504]);

let csrf: { token: string; until: number } | null = null;
let onSessionLost: () => void = () => {};

export function setCsrfToken(token: string | null): void {
  csrf = token === null ? null : { token, until: Date.now() + CSRF_LIFE_MS };
}

export function setSessionLost(run: () => void): void {
  onSessionLost = run;
}

async function csrfToken(): Promise<string | null> {
  if (csrf && Date.now() < csrf.until) return csrf.token;
  const response = await send(new Request(new URL("/api/v1/auth/csrf", location.origin)));
  if (!response.ok) return null;
  setCsrfToken(((await response.json()) as { csrfToken: string }).csrfToken);
  return csrf?.token ?? null;
}

async function send(request: Request): Promise<Response> {
  const signal = AbortSignal.any([request.signal, AbortSignal.timeout(REQUEST_TIMEOUT_MS)]);
  try {
    const response = await fetch(request, { signal, credentials: "same-origin" });
    if (AWAY.has(response.status)) throw new UnreachableError();
    reportReachable();
    return response;
  } catch (cause) {
    if (request.signal.aborted) throw cause;
    reportUnreachable();
    throw new UnreachableError("unreachable", { cause });
  }
}

async function isRefusedToken(response: Response): Promise<boolean> {
  if (response.status !== 403) return false;
  const body = await response
    .clone()
    .json()
    .catch(() => null);
  return toProblem(403, "", body).errorCode === "auth.csrf_invalid";
}

/** Adds the CSRF token to what changes something, and asks for a new one once when refused. */
async function guardedFetch(request: Request): Promise<Response> {
  const path = new URL(request.url).pathname;
  const isLogin = path.endsWith("/auth/login");
  if (SAFE_METHODS.has(request.method) || isLogin) {
    const response = await send(request);
    if (response.status === 401 && !isLogin && !path.endsWith("/auth/session")) onSessionLost();
    return response;
  }
  for (let isLastTry = false; ; isLastTry = true) {
    const attempt = request.clone();
    const token = await csrfToken();
    if (token) attempt.headers.set(CSRF_HEADER, token);
    const response = await send(attempt);
    if (response.status === 401) onSessionLost();
    if (isLastTry || !(await isRefusedToken(response))) return response;
    setCsrfToken(null);
  }
}

export const api = createClient<paths>({
  baseUrl: typeof location === "undefined" ? "" : location.origin,
  fetch: guardedFetch,
});

setProbe(async () => {
  try {
    const url = new URL("/api/v1/health", location.origin);
    return (await fetch(url, { signal: AbortSignal.timeout(REQUEST_TIMEOUT_MS) })).ok;
  } catch {
    return false;
  }
});

interface Answer<T> {
  data?: T;
  error?: unknown;
  response: Response;
}

function refusal(answer: Answer<unknown>): ProblemError {
  const { response, error } = answer;
  const path = response.url ? new URL(response.url).pathname : "";
  return new ProblemError(
    toProblem(response.status, path, error),
    retryAfter(response.headers.get("Retry-After")),
  );
}

/** The body of an answer; a refusal becomes a ProblemError. */
export async function call<T>(pending: Promise<Answer<T>>): Promise<T> {
  const answer = await pending;
  if (!answer.response.ok) throw refusal(answer);
  return answer.data as T;
}

export interface Tagged<T> {
  value: T;
  etag: string | null;
}

/** The same with the version of the resource, for a later If-Match. */
export async function callTagged<T>(pending: Promise<Answer<T>>): Promise<Tagged<T>> {
  const answer = await pending;
  if (!answer.response.ok) throw refusal(answer);
  return { value: answer.data as T, etag: answer.response.headers.get("ETag") };
}

export function ifMatch(etag: string | null): { header?: { "If-Match": string } } {
  return etag ? { header: { "If-Match": etag } } : {};
}

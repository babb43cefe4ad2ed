import type { components } from "./schema";

export type Problem = components["schemas"]["Problem"];
export type InvalidParam = components["schemas"]["InvalidParam"];

/** The service answered, and refused. */
export class ProblemError extends Error {
  override readonly name = "ProblemError";
  constructor(
    readonly problem: Problem,
    readonly retryAfterSeconds: number | null = null,
  ) {
    super(problem.errorCode);
  }
}

/** Nobody answered. */
export class UnreachableError extends Error {
  override readonly name = "UnreachableError";
}

function isProblem(body: unknown): body is Problem {
  const candidate = body as Partial<Problem> | null;
  return typeof candidate === "object" && typeof candidate?.errorCode === "string";
}

/** A refusal that is no problem document (a proxy in between, say) still becomes one. */
export function toProblem(status: number, path: string, body: unknown): Problem {
  if (isProblem(body)) return body;
  return {
    type: "about:blank",
    title: `HTTP ${status}`,
    status,
    detail: "",
    instance: path,
    errorCode: (status >= 500 ? "internal.error" : "request.invalid") as Problem["errorCode"],
    requestId: "",
  };
}

/** Retry-After in seconds, whether it was sent as seconds or as a date. */
export function retryAfter(header: string | null, now = Date.now()): number | null {
  if (header === null) return null;
  if (/^\d+$/.test(header)) return Number(header);
  const at = Date.parse(header);
  return Number.isNaN(at) ? null : Math.max(0, Math.ceil((at - now) / 1_000));
}

export function errorCode(error: unknown): string | null {
  return error instanceof ProblemError ? error.problem.errorCode : null;
}

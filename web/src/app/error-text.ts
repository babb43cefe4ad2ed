import { type InvalidParam, ProblemError, UnreachableError } from "@/api/errors";
import { hasMessage, type MessageKey } from "@/i18n/loader";
import type { I18n } from "@/i18n/provider";

/** A refusal in the reader's language: by code, else the server's own words, else in general. */
export function errorText(error: unknown, i18n: I18n): string {
  if (error instanceof UnreachableError) return i18n.t("error.unreachable");
  if (!(error instanceof ProblemError)) return i18n.t("error.unexpected");
  const { errorCode, errorParams, detail } = error.problem;
  const key = `errorCode.${errorCode}`;
  if (hasMessage(i18n.locale, key)) return i18n.t(key as MessageKey, { name: "", ...errorParams });
  return detail || i18n.t("error.unexpected");
}

export function fieldErrorText(param: InvalidParam, i18n: I18n): string {
  const key = `invalid.${param.code}`;
  if (hasMessage(i18n.locale, key)) {
    return i18n.t(key as MessageKey, { message: param.message });
  }
  return param.message;
}

export function requestId(error: unknown): string | null {
  return error instanceof ProblemError ? error.problem.requestId || null : null;
}

/** What an operator pastes into a report. */
export function errorDetails(error: unknown): string {
  if (error instanceof ProblemError) return JSON.stringify(error.problem, null, 2);
  return error instanceof Error ? `${error.name}: ${error.message}` : String(error);
}

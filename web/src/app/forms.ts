import { useEffect, useState } from "react";
import type { FieldError, FieldValues, Path, UseFormReturn } from "react-hook-form";
import { ProblemError } from "@/api/errors";
import type { MessageKey } from "@/i18n/loader";
import { type I18n, useI18n } from "@/i18n/provider";
import { dropDraft, peekDraft, watchDraft } from "@/lib/drafts";
import { readFormMessage } from "@/lib/messages";
import { errorText, fieldErrorText } from "./error-text";

/** What stands under a field: a rule's message in the reader's language, or the server's. */
export function fieldError(error: FieldError | undefined, i18n: I18n): string | undefined {
  if (!error?.message) return undefined;
  const message = readFormMessage(error.message);
  return message ? i18n.t(message.key as MessageKey, message.values) : error.message;
}

/** Snake case or camel case, a field is the same field. */
function sameName(a: string, b: string): boolean {
  const plain = (name: string) => name.replaceAll("_", "").toLowerCase();
  return plain(a) === plain(b);
}

/**
 * Puts a refusal where it belongs: what names a field of the form goes under it, and the rest is
 * returned as the text above the form.
 */
export function placeProblem<T extends FieldValues>(
  error: unknown,
  form: UseFormReturn<T>,
  i18n: I18n,
): string | null {
  const invalid = error instanceof ProblemError ? (error.problem.invalidParams ?? []) : [];
  const fields = Object.keys(form.getValues());
  const rest: string[] = [];
  let isPlaced = false;
  for (const param of invalid) {
    const outer = String(param.path[0] ?? "");
    const field = fields.find((name) => sameName(name, outer));
    const message = fieldErrorText(param, i18n);
    if (!field) {
      rest.push(outer ? `${outer}: ${message}` : message);
      continue;
    }
    form.setError(field as Path<T>, { type: "server", message }, { shouldFocus: !isPlaced });
    isPlaced = true;
  }
  if (rest.length > 0) return rest.join("; ");
  return isPlaced ? null : errorText(error, i18n);
}

/** A form whose unsaved values survive the end of the session, in memory. */
export function useDraft<T extends FieldValues>(name: string, form: UseFormReturn<T>) {
  const [hasDraft, setHasDraft] = useState(() => peekDraft(name) !== undefined);
  const { isDirty } = form.formState;
  useEffect(
    () => watchDraft(name, () => (isDirty ? structuredClone(form.getValues()) : undefined)),
    [name, form, isDirty],
  );
  const drop = () => {
    dropDraft(name);
    setHasDraft(false);
  };
  const restore = () => {
    const values = peekDraft(name) as T | undefined;
    for (const [field, value] of Object.entries(values ?? {})) {
      form.setValue(field as Path<T>, value, { shouldDirty: true });
    }
    drop();
  };
  return { hasDraft, restore, drop };
}

/** The shape that all forms share: field errors, the text above, and whether it is sending. */
export function useFormText<T extends FieldValues>(form: UseFormReturn<T>) {
  const i18n = useI18n();
  const { errors } = form.formState;
  return (field: Path<T>) => fieldError(errors[field] as FieldError | undefined, i18n);
}

import * as z from "zod/mini";
import { formMessage } from "./messages";

/* Rules that several forms share. The server remains the judge; these answer sooner. */

export function requiredText(max: number) {
  return z
    .string()
    .check(
      z.trim(),
      z.minLength(1, formMessage("form.required")),
      z.maxLength(max, formMessage("form.tooLong", { max })),
    );
}

export function optionalText(max: number) {
  return z.string().check(z.trim(), z.maxLength(max, formMessage("form.tooLong", { max })));
}

/** A whole number in a text field; empty is allowed when it means "no limit". */
export function wholeNumber(min: number, max: number, isOptional: boolean) {
  const message = formMessage("form.wholeNumber", { min, max });
  return z.string().check(
    z.trim(),
    z.refine((text) => {
      if (text === "") return isOptional;
      return /^\d{1,15}$/.test(text) && Number(text) >= min && Number(text) <= max;
    }, message),
  );
}

/** Zero, or a whole number within bounds. */
export function zeroOr(min: number, max: number) {
  const message = formMessage("form.zeroOr", { min, max });
  return z.string().check(
    z.trim(),
    z.refine((text) => {
      if (!/^\d{1,15}$/.test(text)) return false;
      return Number(text) === 0 || (Number(text) >= min && Number(text) <= max);
    }, message),
  );
}

/** A decimal that is never made a float; compared by its whole part alone. */
export function decimal(max: number, places: number, isOptional: boolean) {
  const pattern = new RegExp(`^\\d{1,12}(\\.\\d{1,${places}})?$`);
  const message = formMessage("form.decimal", { max, places });
  return z.string().check(
    z.trim(),
    z.refine((text) => {
      if (text === "") return isOptional;
      if (!pattern.test(text)) return false;
      const [whole = "0", fraction = ""] = text.split(".");
      return Number(whole) < max || (Number(whole) === max && /^0*$/.test(fraction));
    }, message),
  );
}

export function httpUrl(max: number, isOptional: boolean) {
  return z.string().check(
    z.trim(),
    z.maxLength(max, formMessage("form.tooLong", { max })),
    z.refine((text) => {
      if (text === "") return isOptional;
      if (!URL.canParse(text)) return false;
      return /^https?:$/.test(new URL(text).protocol);
    }, formMessage("form.url")),
  );
}

import { renderHook } from "@testing-library/react";
import { useForm } from "react-hook-form";
import { describe, expect, it } from "vitest";
import { type Problem, ProblemError, UnreachableError } from "@/api/errors";
/* The hook's default language has no catalogue here, so English is asked for by hand. */
import { translate } from "@/i18n/loader";
import { type I18n, useI18n } from "@/i18n/provider";
import { formMessage } from "@/lib/messages";
import { errorDetails, errorText, requestId } from "./error-text";
import { expiryFrom } from "./expiry";
import { fieldError, placeProblem } from "./forms";
import { navigationFor } from "./navigation";

function english(): I18n {
  const { result } = renderHook(() => useI18n());
  return { ...result.current, locale: "en", t: (key, values) => translate("en", key, values) };
}

function refusal(more: Partial<Problem>): ProblemError {
  return new ProblemError({
    type: "",
    title: "",
    status: 400,
    detail: "",
    instance: "",
    errorCode: "request.validation_failed",
    requestId: "req-1",
    ...more,
  });
}

function form() {
  return renderHook(() => {
    const one = useForm({ defaultValues: { name: "", is_enabled: true } });
    return { one, errors: one.formState.errors };
  }).result;
}

describe("a refusal", () => {
  const i18n = english();
  it("goes under the field it names, whatever the case of its name", () => {
    const view = form();
    const left = placeProblem(
      refusal({
        invalidParams: [
          { path: ["name"], code: "too_big", message: "at most 64 characters" },
          { path: ["isEnabled"], code: "invalid_type", message: "true or false" },
        ],
      }),
      view.current.one,
      i18n,
    );
    expect(left).toBeNull();
    expect(view.current.one.getFieldState("name").error?.message).toContain("at most 64");
    expect(view.current.one.getFieldState("is_enabled").error?.message).toContain("true or false");
  });
  it("goes above the form when it names nothing there", () => {
    const error = refusal({ invalidParams: [{ path: ["rpm"], code: "too_small", message: "0" }] });
    expect(placeProblem(error, form().current.one, i18n)).toBe("rpm: Too small or too short (0).");
  });
  it("is told by its code, with its values", () => {
    const error = refusal({ errorCode: "DUPLICATE_NAME", errorParams: { name: "laptop" } });
    expect(placeProblem(error, form().current.one, i18n)).toBe(
      "The name laptop is in use already.",
    );
  });
  it("with a code that nobody knows is told in the server's words", () => {
    const error = refusal({ errorCode: "new.code" as Problem["errorCode"], detail: "too early" });
    expect(errorText(error, i18n)).toBe("too early");
    expect(errorText(refusal({ errorCode: "x" as Problem["errorCode"] }), i18n)).toBe(
      "Something went wrong.",
    );
  });
  it("can be reported", () => {
    expect(requestId(refusal({}))).toBe("req-1");
    expect(errorDetails(refusal({}))).toContain("request.validation_failed");
    expect(errorDetails(new Error("boom"))).toBe("Error: boom");
    expect(requestId(new Error("boom"))).toBeNull();
  });
  it("is told from silence", () => {
    expect(errorText(new UnreachableError(), i18n)).toBe("The server does not answer.");
  });
});

describe("a field's error", () => {
  it("is a rule's message with its values, or the server's text", () => {
    const i18n = english();
    const rule = { type: "x", message: formMessage("form.tooLong", { max: 64 }) };
    expect(fieldError(rule, i18n)).toBe("At most 64 characters.");
    expect(fieldError({ type: "server", message: "no" }, i18n)).toBe("no");
    expect(fieldError(undefined, i18n)).toBeUndefined();
  });
});

describe("an expiry", () => {
  it.each([
    ["keep", undefined],
    ["never", null],
    ["7", "1970-01-08T00:00:00.000Z"],
    ["365", "1971-01-01T00:00:00.000Z"],
    ["8", null],
  ])("%s is %s", (choice, iso) => expect(expiryFrom(choice, 0)).toBe(iso));
});

describe("the navigation", () => {
  it("shows each role what it may open, and no empty group", () => {
    const names = (role: Parameters<typeof navigationFor>[0]) =>
      navigationFor(role).flatMap((group) => group.items.map((item) => item.label));
    expect(names("admin")).toContain("nav.providers");
    expect(names("dashboard_user")).toEqual(["nav.dashboard", "nav.logs"]);
    expect(navigationFor("readonly_user")).toEqual([]);
  });
});

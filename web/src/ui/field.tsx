import { type ComponentProps, type ReactNode, useId } from "react";
import { useI18n } from "@/i18n/provider";
import { cx } from "./class-names";

export const INPUT =
  "w-full min-w-0 rounded-control border border-outline bg-page px-2.5 text-14 text-text " +
  "placeholder:text-muted disabled:opacity-60 aria-invalid:border-bad";

export interface FieldA11y {
  id: string;
  "aria-describedby": string | undefined;
  "aria-invalid": boolean | undefined;
  "aria-required": boolean | undefined;
}

export interface FieldProps {
  label: string;
  hint?: ReactNode;
  error?: string | undefined;
  isRequired?: boolean;
  className?: string;
}

export function Field(props: FieldProps & { children: (a11y: FieldA11y) => ReactNode }) {
  const { t } = useI18n();
  const { label, hint, error, isRequired = false, className, children } = props;
  const id = useId();
  const described = [hint && `${id}-hint`, error && `${id}-error`].filter(Boolean).join(" ");
  return (
    <div className={cx("flex min-w-0 flex-col gap-1", className)}>
      <label htmlFor={id} className="text-13 font-medium">
        {label}
        {isRequired && (
          <span className="text-bad" title={t("form.required")} aria-hidden="true">
            {" *"}
          </span>
        )}
      </label>
      {children({
        id,
        "aria-describedby": described || undefined,
        "aria-invalid": error ? true : undefined,
        "aria-required": isRequired || undefined,
      })}
      {hint && (
        <p id={`${id}-hint`} className="text-12 text-muted">
          {hint}
        </p>
      )}
      {error && (
        <p id={`${id}-error`} className="text-12 text-bad">
          {error}
        </p>
      )}
    </div>
  );
}

type InputProps = FieldProps & Omit<ComponentProps<"input">, keyof FieldProps>;

function split<T extends FieldProps>(props: T) {
  const { label, hint, error, isRequired, className, ...rest } = props;
  return { field: { label, hint, error, isRequired, className }, rest };
}

export function TextField(props: InputProps) {
  const { field, rest } = split(props);
  return (
    <Field {...field}>
      {(a11y) => <input type="text" {...rest} {...a11y} className={cx(INPUT, "h-8")} />}
    </Field>
  );
}

/** Empty means "no limit" where a hint says so. The wheel never changes the value. */
export function NumberField(props: InputProps & { prefix?: string; suffix?: string }) {
  const { prefix, suffix, ...others } = props;
  const { field, rest } = split(others);
  return (
    <Field {...field}>
      {(a11y) => (
        <div className="relative">
          {prefix && (
            <span className="pointer-events-none absolute inset-y-0 left-2.5 flex items-center text-muted">
              {prefix}
            </span>
          )}
          <input
            type="text"
            inputMode="decimal"
            autoComplete="off"
            {...rest}
            {...a11y}
            className={cx(INPUT, "h-8", prefix && "pl-7", suffix && "pr-10")}
          />
          {suffix && (
            <span className="pointer-events-none absolute inset-y-0 right-2.5 flex items-center text-12 text-muted">
              {suffix}
            </span>
          )}
        </div>
      )}
    </Field>
  );
}

export interface Option {
  value: string;
  label: string;
}

export function SelectField(
  props: FieldProps & Omit<ComponentProps<"select">, keyof FieldProps> & { options: Option[] },
) {
  const { options, ...others } = props;
  const { field, rest } = split(others);
  return (
    <Field {...field}>
      {(a11y) => (
        <select {...rest} {...a11y} className={cx(INPUT, "h-8")}>
          {options.map((option) => (
            <option key={option.value} value={option.value}>
              {option.label}
            </option>
          ))}
        </select>
      )}
    </Field>
  );
}

/** A native select in a tool bar: its label is read aloud and shown inside. */
export function InlineSelect(
  props: Omit<ComponentProps<"select">, "children"> & { label: string; options: Option[] },
) {
  const { label, options, className, ...rest } = props;
  return (
    <select
      aria-label={label}
      {...rest}
      className={cx(
        "h-8 rounded-control border border-outline bg-page px-2 text-13 text-text",
        className,
      )}
    >
      {options.map((option) => (
        <option key={option.value} value={option.value}>
          {option.label}
        </option>
      ))}
    </select>
  );
}

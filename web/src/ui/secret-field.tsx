import { Eye, EyeOff } from "lucide-react";
import { type ComponentProps, useState } from "react";
import { useI18n } from "@/i18n/provider";
import { cx } from "./class-names";
import { Field, type FieldProps, INPUT } from "./field";

/** Masked until the eye is pressed. */
export function SecretField(
  props: FieldProps & Omit<ComponentProps<"input">, keyof FieldProps | "type">,
) {
  const { label, hint, error, isRequired, className, ...rest } = props;
  const { t } = useI18n();
  const [isShown, setShown] = useState(false);
  return (
    <Field {...{ label, hint, error, isRequired, className }}>
      {(a11y) => (
        <div className="relative">
          <input
            spellCheck={false}
            {...rest}
            {...a11y}
            type={isShown ? "text" : "password"}
            className={cx(INPUT, "h-8 pr-9 font-mono text-13")}
          />
          <button
            type="button"
            aria-label={t(isShown ? "form.hideSecret" : "form.showSecret")}
            onClick={() => setShown(!isShown)}
            className="absolute inset-y-0 right-0 flex w-8 items-center justify-center rounded-control text-muted hover:text-text"
          >
            {isShown ? <EyeOff size={16} /> : <Eye size={16} />}
          </button>
        </div>
      )}
    </Field>
  );
}

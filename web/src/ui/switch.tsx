import { Switch as Radix } from "radix-ui";
import type { ReactNode } from "react";
import { useId } from "react";
import { cx } from "./class-names";

interface Props {
  isOn: boolean;
  onChange: (isOn: boolean) => void;
  label: string;
  isDisabled?: boolean;
  id?: string;
  describedBy?: string;
}

export function Switch({ isOn, onChange, label, isDisabled, id, describedBy }: Props) {
  return (
    <Radix.Root
      id={id}
      checked={isOn}
      onCheckedChange={onChange}
      disabled={isDisabled}
      aria-label={label}
      aria-describedby={describedBy}
      className={cx(
        "relative inline-flex h-6 w-9 shrink-0 items-center rounded-full border transition-colors duration-120 disabled:opacity-50",
        isOn ? "border-accent bg-accent" : "border-outline bg-page",
      )}
    >
      <Radix.Thumb
        className={cx(
          "block size-4 rounded-full transition-transform duration-120",
          isOn ? "translate-x-4 bg-on-accent" : "translate-x-0.5 bg-outline",
        )}
      />
    </Radix.Root>
  );
}

export function SwitchField(props: Props & { hint?: ReactNode; className?: string }) {
  const id = useId();
  return (
    <div className={cx("flex items-start gap-3", props.className)}>
      <Switch {...props} id={id} describedBy={props.hint ? `${id}-hint` : undefined} />
      <div className="pt-0.5">
        <label htmlFor={id} className="text-13 font-medium">
          {props.label}
        </label>
        {props.hint && (
          <p id={`${id}-hint`} className="text-12 text-muted">
            {props.hint}
          </p>
        )}
      </div>
    </div>
  );
}

import { LoaderCircle } from "lucide-react";
import type { ComponentProps, ReactNode } from "react";
import { cx } from "./class-names";
import { Tooltip } from "./tooltip";

export type ButtonLook = "primary" | "normal" | "quiet" | "danger";

const LOOKS: Record<ButtonLook, string> = {
  primary: "bg-accent text-on-accent border-accent enabled:hover:bg-accent-strong",
  normal: "bg-raised text-text border-outline enabled:hover:bg-hover",
  quiet: "bg-transparent text-text border-transparent enabled:hover:bg-hover",
  danger: "bg-raised text-bad border-bad enabled:hover:bg-bad-wash",
};

const SHAPE =
  "inline-flex shrink-0 items-center justify-center gap-1.5 rounded-control border font-medium " +
  "whitespace-nowrap transition-colors duration-120 disabled:cursor-not-allowed disabled:opacity-55";

export function buttonClass(look: ButtonLook = "normal", size: "small" | "normal" = "normal") {
  return cx(SHAPE, LOOKS[look], size === "small" ? "h-7 px-2 text-12" : "h-8 px-3 text-13");
}

interface ButtonProps extends ComponentProps<"button"> {
  look?: ButtonLook;
  size?: "small" | "normal";
  isBusy?: boolean;
}

export function Button(props: ButtonProps) {
  const { look, size, isBusy = false, className, children, disabled, ...rest } = props;
  return (
    <button
      type="button"
      aria-busy={isBusy || undefined}
      disabled={disabled || isBusy}
      className={cx(buttonClass(look, size), className)}
      {...rest}
    >
      {isBusy && <LoaderCircle size={14} className="spin" aria-hidden="true" />}
      {children}
    </button>
  );
}

interface IconButtonProps extends Omit<ComponentProps<"button">, "children"> {
  /** what it does; read aloud and shown as a tooltip */
  label: string;
  icon: ReactNode;
  isPressed?: boolean;
  side?: "top" | "right" | "bottom" | "left";
}

export function IconButton(props: IconButtonProps) {
  const { label, icon, isPressed, side = "bottom", className, ...rest } = props;
  return (
    <Tooltip text={label} side={side}>
      <button
        type="button"
        aria-label={label}
        aria-pressed={isPressed}
        className={cx(
          "inline-flex size-8 shrink-0 items-center justify-center rounded-control text-muted",
          "transition-colors duration-120 enabled:hover:bg-hover enabled:hover:text-text disabled:opacity-50",
          isPressed && "bg-selected text-accent",
          className,
        )}
        {...rest}
      >
        {icon}
      </button>
    </Tooltip>
  );
}

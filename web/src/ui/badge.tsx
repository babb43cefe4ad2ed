import {
  CircleCheck,
  CircleDashed,
  CircleMinus,
  CircleX,
  Loader,
  TriangleAlert,
} from "lucide-react";
import type { ReactNode } from "react";
import { cx } from "./class-names";

export type Status = "good" | "warn" | "bad" | "info" | "busy" | "off";

const LOOK: Record<Status, string> = {
  good: "text-good bg-good-wash",
  warn: "text-warn bg-warn-wash",
  bad: "text-bad bg-bad-wash",
  info: "text-info bg-info-wash",
  busy: "text-busy bg-busy-wash",
  off: "text-muted bg-hover",
};
const ICONS = {
  good: CircleCheck,
  warn: TriangleAlert,
  bad: CircleX,
  info: CircleDashed,
  busy: Loader,
  off: CircleMinus,
};

/** A hue is never alone: a word always stands with it, and a shape where there is room. */
export function Badge(props: { status: Status; children: ReactNode; hasIcon?: boolean }) {
  const { status, children, hasIcon = false } = props;
  const Icon = ICONS[status];
  return (
    <span
      className={cx(
        "inline-flex h-5 items-center gap-1 rounded-control px-1.5 text-12 font-medium whitespace-nowrap",
        LOOK[status],
      )}
    >
      {hasIcon && <Icon size={12} aria-hidden="true" />}
      {children}
    </span>
  );
}

export function Chip({ children }: { children: ReactNode }) {
  return (
    <span className="inline-flex h-5 max-w-32 items-center truncate rounded-control border border-hairline px-1.5 text-12 text-muted">
      {children}
    </span>
  );
}

import { CircleAlert, CircleCheck, Info, TriangleAlert } from "lucide-react";
import type { ReactNode } from "react";
import { cx } from "./class-names";

export type Tone = "good" | "warn" | "bad" | "info";

const LOOK: Record<Tone, string> = {
  good: "border-good bg-good-wash",
  warn: "border-warn bg-warn-wash",
  bad: "border-bad bg-bad-wash",
  info: "border-info bg-info-wash",
};
const ICONS = { good: CircleCheck, warn: TriangleAlert, bad: CircleAlert, info: Info };
const ICON_COLOR: Record<Tone, string> = {
  good: "text-good",
  warn: "text-warn",
  bad: "text-bad",
  info: "text-info",
};

interface Props {
  tone: Tone;
  children: ReactNode;
  action?: ReactNode;
  role?: "alert" | "status";
  className?: string;
}

export function Notice({ tone, children, action, role, className }: Props) {
  const Icon = ICONS[tone];
  return (
    <div
      role={role}
      className={cx(
        "flex flex-wrap items-center gap-x-3 gap-y-2 rounded-control border px-3 py-2 text-13",
        LOOK[tone],
        className,
      )}
    >
      <Icon size={16} className={cx("shrink-0", ICON_COLOR[tone])} aria-hidden="true" />
      <div className="min-w-0 flex-1 break-words">{children}</div>
      {action}
    </div>
  );
}

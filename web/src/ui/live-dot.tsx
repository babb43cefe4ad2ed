import { Pause, Play } from "lucide-react";
import { useI18n } from "@/i18n/provider";
import { paused, usePaused } from "@/lib/cadence";
import { cx } from "./class-names";
import { Tooltip } from "./tooltip";

interface Props {
  intervalMs: number;
  updatedAt: number;
  /** resting for a reason of its own, such as a reader who scrolled away */
  isResting?: boolean;
}

/** Tells that a surface polls, and pauses all of them. */
export function LiveDot({ intervalMs, updatedAt, isResting = false }: Props) {
  const { t, clock } = useI18n();
  const isPaused = usePaused();
  const isLive = !isPaused && !isResting;
  const last = updatedAt > 0 ? clock(new Date(updatedAt).toISOString()) : "-";
  const tip = t("live.tip", { seconds: intervalMs / 1_000, last });
  return (
    <Tooltip text={`${tip}\n${t(isPaused ? "live.resume" : "live.pause")}`} side="bottom">
      <button
        type="button"
        aria-pressed={isPaused}
        onClick={() => paused.set(!isPaused)}
        className="inline-flex h-8 items-center gap-2 rounded-control border border-hairline px-2.5 text-12 text-muted hover:bg-hover"
      >
        <span
          aria-hidden="true"
          className={cx("size-2 rounded-full", isLive ? "pulse bg-good" : "bg-outline")}
        />
        {t(isPaused ? "live.paused" : isResting ? "live.resting" : "live.on")}
        <span className="sr-only">. {t(isPaused ? "live.resume" : "live.pause")}</span>
        {isPaused ? <Play size={12} /> : <Pause size={12} />}
      </button>
    </Tooltip>
  );
}

import { useI18n } from "@/i18n/provider";
import { useNow } from "@/lib/cadence";
import { Tooltip } from "./tooltip";

/** "2 min. ago", with the instant, its zone and its ISO form on hover and focus. */
export function RelativeTime({ iso }: { iso: string | null }) {
  const i18n = useI18n();
  const now = useNow("minute");
  if (iso === null) return i18n.ago(null, now);
  return (
    <Tooltip text={`${i18n.dateTime(iso)} (${i18n.timeZone})\n${iso}`}>
      <time dateTime={iso} className="truncate">
        {i18n.ago(iso, now)}
      </time>
    </Tooltip>
  );
}

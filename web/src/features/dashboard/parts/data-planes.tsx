import { useI18n } from "@/i18n/provider";
import { Badge } from "@/ui/badge";
import { RelativeTime } from "@/ui/relative-time";
import type { DataPlaneList } from "../queries";

/** Who is connected, and whether each runs the configuration that is published. */
export function DataPlanes({ list }: { list: DataPlaneList | undefined }) {
  const { t } = useI18n();
  if (!list) return null;
  return (
    <section aria-labelledby="planes" className="rounded-panel border border-hairline">
      <h2 id="planes" className="flex items-baseline gap-3 px-4 pt-3 pb-2 text-14 font-semibold">
        {t("planes.title")}
        <span className="text-12 font-normal text-muted">
          {t("planes.current", { version: list.currentVersion })}
        </span>
      </h2>
      {list.items.length === 0 ? (
        <p className="px-4 pb-4 text-13 text-muted">{t("planes.none")}</p>
      ) : (
        <section
          className="thin-scroll overflow-x-auto"
          aria-label={t("planes.title")}
          // biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls, so the keyboard must reach it
          tabIndex={0}
        >
          <table className="w-full min-w-140 border-collapse text-13">
            <thead>
              <tr className="text-left text-12 text-muted">
                <th className="px-4 py-1.5 font-medium">{t("planes.name")}</th>
                <th className="px-4 py-1.5 font-medium">{t("planes.configuration")}</th>
                <th className="px-4 py-1.5 font-medium">{t("planes.build")}</th>
                <th className="px-4 py-1.5 font-medium">{t("planes.connected")}</th>
              </tr>
            </thead>
            <tbody>
              {list.items.map((plane) => (
                <tr key={plane.name} className="border-t border-hairline">
                  <td className="px-4 py-2 font-medium">{plane.name}</td>
                  <td className="px-4 py-2">
                    <PlaneVersion at={plane.snapshotVersion} current={list.currentVersion} />
                  </td>
                  <td className="px-4 py-2 font-mono text-12">{plane.build}</td>
                  <td className="px-4 py-2">
                    <RelativeTime iso={plane.connectedAt} />
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </section>
      )}
    </section>
  );
}

function PlaneVersion({ at, current }: { at: number; current: number }) {
  const { t } = useI18n();
  if (at === current) {
    return (
      <Badge status="good" hasIcon>
        {t("planes.upToDate", { version: at })}
      </Badge>
    );
  }
  return (
    <Badge status="warn" hasIcon>
      {t("planes.behind", { version: at })}
    </Badge>
  );
}

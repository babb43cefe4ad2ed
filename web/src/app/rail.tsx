import { Link } from "@tanstack/react-router";
import { PanelLeftClose, PanelLeftOpen } from "lucide-react";
import { useSession } from "@/api/session";
import { useI18n } from "@/i18n/provider";
import { DESKTOP, useMedia } from "@/lib/media";
import { rail } from "@/lib/prefs";
import { useStore } from "@/lib/store";
import { IconButton } from "@/ui/button";
import { cx } from "@/ui/class-names";
import { Tooltip } from "@/ui/tooltip";
import { Brand } from "./brand";
import { type NavItem, navigationFor } from "./navigation";

export function Rail() {
  const { t } = useI18n();
  const session = useSession();
  const choice = useStore(rail);
  const isDesktop = useMedia(DESKTOP);
  const isOpen = choice === "auto" ? isDesktop : choice === "open";
  return (
    <div
      className={cx(
        "sticky top-0 hidden h-dvh shrink-0 flex-col border-r border-hairline bg-panel tablet:flex",
        isOpen ? "w-58" : "w-14",
      )}
    >
      <div className="flex h-12 items-center gap-2.5 px-4">
        <Brand />
        {isOpen && (
          <span className="truncate text-14 font-semibold">
            {session?.display.siteTitle ?? t("app.name")}
          </span>
        )}
      </div>
      <div className="thin-scroll min-h-0 flex-1 overflow-y-auto">
        <NavList isOpen={isOpen} />
      </div>
      <div className={cx("flex p-2", isOpen ? "justify-end" : "justify-center")}>
        <IconButton
          label={t(isOpen ? "nav.collapse" : "nav.expand")}
          aria-expanded={isOpen}
          side="right"
          icon={isOpen ? <PanelLeftClose size={16} /> : <PanelLeftOpen size={16} />}
          onClick={() => rail.set(isOpen ? "closed" : "open")}
        />
      </div>
    </div>
  );
}

export function NavList(props: { isOpen: boolean; onPick?: () => void }) {
  const { t } = useI18n();
  const session = useSession();
  if (!session) return null;
  return (
    <nav aria-label={t("nav.main")} className="flex flex-col gap-3 px-2 py-2">
      {navigationFor(session.loginType).map((group) => (
        <div key={group.label}>
          <p className={cx("px-2 pb-1 text-12 text-muted", !props.isOpen && "sr-only")}>
            {t(group.label)}
          </p>
          <ul className="m-0 flex list-none flex-col gap-0.5 p-0">
            {group.items.map((item) => (
              <li key={item.to}>
                <NavLink item={item} {...props} />
              </li>
            ))}
          </ul>
        </div>
      ))}
    </nav>
  );
}

function NavLink(props: { item: NavItem; isOpen: boolean; onPick?: () => void }) {
  const { item, isOpen, onPick } = props;
  const { t, locale } = useI18n();
  const Icon = item.icon;
  const label = t(item.label);
  return (
    <Tooltip text={isOpen ? null : label} side="right">
      <Link
        to={item.to}
        params={{ locale }}
        activeOptions={{ exact: true, includeSearch: false }}
        onClick={onPick}
        aria-label={isOpen ? undefined : label}
        className={cx(
          "flex h-8 items-center gap-2.5 rounded-control text-13 text-muted hover:bg-hover hover:text-text",
          "aria-[current=page]:bg-selected aria-[current=page]:font-medium aria-[current=page]:text-text",
          isOpen ? "px-2" : "justify-center",
        )}
      >
        <Icon size={16} aria-hidden="true" className="shrink-0" />
        {isOpen && <span className="truncate">{label}</span>}
      </Link>
    </Tooltip>
  );
}

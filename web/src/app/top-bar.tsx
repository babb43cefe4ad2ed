import { useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { CircleHelp, LogOut, Menu as MenuIcon } from "lucide-react";
import { useState } from "react";
import { type Session, signOut } from "@/api/session";
import { useI18n } from "@/i18n/provider";
import { initials } from "@/lib/ids";
import { DENSITIES, density, shortcuts } from "@/lib/prefs";
import { useStore } from "@/lib/store";
import { Button, IconButton } from "@/ui/button";
import { Dialog } from "@/ui/dialog";
import { Menu, MenuChoice, MenuItem, MenuLine, MenuText } from "@/ui/menu";
import { showToast } from "@/ui/toast";
import { errorText } from "./error-text";
import { LanguageMenu, ThemeMenu } from "./look-menus";
import { NavList } from "./rail";

export function TopBar({ session, onHelp }: { session: Session; onHelp: () => void }) {
  const { t } = useI18n();
  const [isNavOpen, setNavOpen] = useState(false);
  return (
    <header className="sticky top-0 z-30 flex h-12 items-center gap-1 border-b border-hairline bg-page px-3">
      <IconButton
        label={t("nav.open")}
        className="tablet:hidden"
        icon={<MenuIcon size={18} />}
        aria-haspopup="dialog"
        onClick={() => setNavOpen(true)}
      />
      <span className="truncate text-14 font-semibold tablet:hidden">
        {session.display.siteTitle}
      </span>
      <div className="ml-auto flex items-center gap-1">
        <IconButton label={t("shortcuts.title")} icon={<CircleHelp size={17} />} onClick={onHelp} />
        <LanguageMenu />
        <ThemeMenu />
        <UserMenu session={session} />
      </div>
      {isNavOpen && (
        <Dialog kind="sheet" title={session.display.siteTitle} onClose={() => setNavOpen(false)}>
          <div className="-mx-3 -mt-2">
            <NavList isOpen onPick={() => setNavOpen(false)} />
          </div>
        </Dialog>
      )}
    </header>
  );
}

function UserMenu({ session }: { session: Session }) {
  const i18n = useI18n();
  const { t, locale } = i18n;
  const client = useQueryClient();
  const navigate = useNavigate();
  const rows = useStore(density);
  const keys = useStore(shortcuts);

  const leave = async () => {
    try {
      await signOut(client);
      await navigate({ to: "/$locale/login", params: { locale }, search: {}, replace: true });
    } catch (error) {
      showToast("bad", errorText(error, i18n));
    }
  };
  return (
    <Menu
      trigger={
        <Button look="quiet">
          <span className="sr-only">{t("user.menu", { name: session.user.name })}</span>
          <span
            aria-hidden="true"
            className="flex size-6 items-center justify-center rounded-full bg-selected text-12 text-accent"
          >
            {initials(session.user.name)}
          </span>
          <span aria-hidden="true" className="max-w-32 truncate max-small:hidden">
            {session.user.name}
          </span>
        </Button>
      }
    >
      <MenuText>
        <span className="block font-medium">{session.user.name}</span>
        <span className="block text-12 text-muted">
          {t("user.role", { role: session.loginType })}
        </span>
      </MenuText>
      <MenuLine />
      <MenuChoice
        label={t("look.density")}
        value={rows}
        onChange={(value) => density.set(value)}
        options={DENSITIES.map((value) => ({ value, label: t(`look.density.${value}`) }))}
      />
      <MenuLine />
      <MenuChoice
        label={t("shortcuts.title")}
        value={keys}
        onChange={(value) => shortcuts.set(value)}
        options={[
          { value: "on", label: t("shortcuts.on") },
          { value: "off", label: t("shortcuts.off") },
        ]}
      />
      <MenuLine />
      <MenuItem icon={<LogOut size={14} />} onSelect={() => void leave()}>
        {t("user.signOut")}
      </MenuItem>
      <MenuLine />
      <p className="px-2 py-1 text-12 text-muted">
        {t("app.version", { version: session.version })}
      </p>
    </Menu>
  );
}

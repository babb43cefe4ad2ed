import { useNavigate } from "@tanstack/react-router";
import { Languages, Monitor, Moon, Sun } from "lucide-react";
import { LOCALE_NAMES, LOCALES, rememberLocale } from "@/i18n/config";
import { useI18n } from "@/i18n/provider";
import { THEMES, theme } from "@/lib/prefs";
import { useStore } from "@/lib/store";
import { IconButton } from "@/ui/button";
import { Menu, MenuChoice } from "@/ui/menu";

export function LanguageMenu() {
  const { t, locale } = useI18n();
  const navigate = useNavigate();
  return (
    <Menu trigger={<IconButton label={t("look.language")} icon={<Languages size={17} />} />}>
      <MenuChoice
        label={t("look.language")}
        value={locale}
        options={LOCALES.map((value) => ({ value, label: LOCALE_NAMES[value] }))}
        onChange={(next) => {
          rememberLocale(next);
          void navigate({
            to: ".",
            params: (before) => ({ ...before, locale: next }),
            search: true,
            replace: true,
            resetScroll: false,
          });
        }}
      />
    </Menu>
  );
}

const ICONS = { system: Monitor, light: Sun, dark: Moon };

export function ThemeMenu() {
  const { t } = useI18n();
  const choice = useStore(theme);
  const Icon = ICONS[choice];
  return (
    <Menu trigger={<IconButton label={t("look.theme")} icon={<Icon size={17} />} />}>
      <MenuChoice
        label={t("look.theme")}
        value={choice}
        options={THEMES.map((value) => ({ value, label: t(`look.theme.${value}`) }))}
        onChange={(value) => theme.set(value)}
      />
    </Menu>
  );
}

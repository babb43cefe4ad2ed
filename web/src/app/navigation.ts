import { Boxes, LayoutDashboard, type LucideIcon, ScrollText, Users } from "lucide-react";
import type { MessageKey } from "@/i18n/loader";
import type { Audience } from "./landing";

export const ADMIN: readonly Audience[] = ["admin"];
export const CONSOLE: readonly Audience[] = ["admin", "dashboard_user"];

export interface NavItem {
  to:
    | "/$locale/dashboard"
    | "/$locale/dashboard/logs"
    | "/$locale/dashboard/users"
    | "/$locale/dashboard/providers";
  label: MessageKey;
  icon: LucideIcon;
  audience: readonly Audience[];
  /** the letter after g */
  letter: string;
}

export interface NavGroup {
  label: MessageKey;
  items: NavItem[];
}

/** The rail, in order. A group whose items are all hidden from somebody vanishes for them. */
export const NAVIGATION: NavGroup[] = [
  {
    label: "nav.observe",
    items: [
      {
        to: "/$locale/dashboard",
        label: "nav.dashboard",
        icon: LayoutDashboard,
        audience: CONSOLE,
        letter: "d",
      },
      {
        to: "/$locale/dashboard/logs",
        label: "nav.logs",
        icon: ScrollText,
        audience: CONSOLE,
        letter: "l",
      },
    ],
  },
  {
    label: "nav.manage",
    items: [
      {
        to: "/$locale/dashboard/users",
        label: "nav.users",
        icon: Users,
        audience: ADMIN,
        letter: "u",
      },
      {
        to: "/$locale/dashboard/providers",
        label: "nav.providers",
        icon: Boxes,
        audience: ADMIN,
        letter: "p",
      },
    ],
  },
];

export function navigationFor(audience: Audience): NavGroup[] {
  return NAVIGATION.map((group) => ({
    ...group,
    items: group.items.filter((item) => item.audience.includes(audience)),
  })).filter((group) => group.items.length > 0);
}

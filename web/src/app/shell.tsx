import { Outlet } from "@tanstack/react-router";
import { useCallback, useState } from "react";
import { useSession } from "@/api/session";
import { useI18n } from "@/i18n/provider";
import { NewBuildBanner, OutageBanner } from "./banners";
import { Rail } from "./rail";
import { ShortcutsDialog, useShortcuts } from "./shortcuts";
import { TopBar } from "./top-bar";

/** The frame around every page of somebody who is signed in. */
export function Shell() {
  const { t } = useI18n();
  const session = useSession();
  const [isHelpOpen, setHelpOpen] = useState(false);
  useShortcuts(useCallback(() => setHelpOpen(true), []));
  if (!session) return null;
  return (
    <>
      <a
        href="#main"
        className="sr-only z-60 rounded-control bg-accent px-3 py-2 text-on-accent focus:not-sr-only focus:fixed focus:top-2 focus:left-2"
      >
        {t("shell.skip")}
      </a>
      <div className="flex h-dvh">
        {session.loginType !== "readonly_user" && <Rail />}
        <div className="flex min-w-0 flex-1 flex-col">
          <TopBar session={session} onHelp={() => setHelpOpen(true)} />
          <OutageBanner />
          <NewBuildBanner session={session} />
          <main
            id="main"
            tabIndex={-1}
            className="thin-scroll flex min-h-0 flex-1 flex-col overflow-y-auto outline-none"
          >
            <Outlet />
          </main>
        </div>
      </div>
      {isHelpOpen && <ShortcutsDialog onClose={() => setHelpOpen(false)} />}
    </>
  );
}

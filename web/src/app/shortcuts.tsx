import { useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useEffect, useRef } from "react";
import { useSession } from "@/api/session";
import type { MessageKey } from "@/i18n/loader";
import { useI18n } from "@/i18n/provider";
import { after, type Cancel, paused } from "@/lib/cadence";
import { shortcuts } from "@/lib/prefs";
import { useStore } from "@/lib/store";
import { Dialog } from "@/ui/dialog";
import { navigationFor } from "./navigation";

const SEQUENCE_MS = 1_200;
const TYPING = "input,textarea,select,[contenteditable=true]";

function isTyping(target: EventTarget | null): boolean {
  return target instanceof Element && target.closest(TYPING) !== null;
}

function isLayerOpen(): boolean {
  return document.querySelector("[role=dialog],[role=menu]") !== null;
}

/** Single letters act on the page, never inside a field, and not at all when switched off. */
export function useShortcuts(onHelp: () => void): void {
  const isOn = useStore(shortcuts) === "on";
  const session = useSession();
  const client = useQueryClient();
  const navigate = useNavigate();
  const { locale } = useI18n();
  const prefix = useRef<Cancel | null>(null);

  useEffect(() => {
    if (!isOn || !session) return;
    const items = navigationFor(session.loginType).flatMap((group) => group.items);
    const endPrefix = () => {
      prefix.current?.();
      prefix.current = null;
    };
    const act: Record<string, () => void> = {
      "?": onHelp,
      r: () => void client.invalidateQueries({ refetchType: "active" }),
      p: () => paused.set(!paused.get()),
      "/": () => document.querySelector<HTMLElement>("[data-page-search]")?.focus(),
      g: () => {
        prefix.current = after(SEQUENCE_MS, endPrefix);
      },
    };
    const onKeyDown = (event: KeyboardEvent) => {
      if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
      if (isTyping(event.target) || isLayerOpen()) return;
      if (prefix.current) {
        endPrefix();
        const item = items.find((one) => one.letter === event.key);
        if (item) void navigate({ to: item.to, params: { locale } });
        return;
      }
      const run = act[event.key];
      if (!run) return;
      event.preventDefault();
      run();
    };
    addEventListener("keydown", onKeyDown);
    return () => {
      endPrefix();
      removeEventListener("keydown", onKeyDown);
    };
  }, [isOn, session, client, navigate, locale, onHelp]);
}

type Line = [keys: string, does: MessageKey];

const EVERYWHERE: Line[] = [
  ["?", "shortcuts.help"],
  ["/", "shortcuts.search"],
  ["r", "shortcuts.refresh"],
  ["p", "shortcuts.pause"],
  ["Esc", "shortcuts.close"],
  ["Ctrl Enter", "shortcuts.save"],
];
const GRID: Line[] = [
  ["j ↓", "shortcuts.nextRow"],
  ["k ↑", "shortcuts.previousRow"],
  ["Enter", "shortcuts.open"],
  ["[ ]", "shortcuts.neighbour"],
];

export function ShortcutsDialog({ onClose }: { onClose: () => void }) {
  const { t } = useI18n();
  const session = useSession();
  const items = session ? navigationFor(session.loginType).flatMap((group) => group.items) : [];
  return (
    <Dialog title={t("shortcuts.title")} onClose={onClose}>
      <div className="grid gap-5 small:grid-cols-2">
        <Section title={t("shortcuts.everywhere")} lines={EVERYWHERE} />
        <div className="grid grid-cols-1 content-start gap-5">
          <Section
            title={t("shortcuts.goTo")}
            lines={items.map((item): Line => [`g ${item.letter}`, item.label])}
          />
          <Section title={t("shortcuts.inTables")} lines={GRID} />
        </div>
      </div>
    </Dialog>
  );
}

function Section({ title, lines }: { title: string; lines: Line[] }) {
  const { t } = useI18n();
  return (
    <section>
      <h3 className="mb-1 text-12 text-muted">{title}</h3>
      <dl className="m-0">
        {lines.map(([keys, does]) => (
          <div key={keys} className="flex items-center justify-between gap-3 py-1">
            <dt className="order-2 flex gap-1">
              {keys.split(" ").map((key) => (
                <kbd
                  key={key}
                  className="rounded-control border border-hairline bg-panel px-1.5 text-12"
                >
                  {key}
                </kbd>
              ))}
            </dt>
            <dd className="m-0 text-13">{t(does)}</dd>
          </div>
        ))}
      </dl>
    </section>
  );
}

import { X } from "lucide-react";
import { useI18n } from "@/i18n/provider";
import { after, TOAST_MS } from "@/lib/cadence";
import { createStore, useStore } from "@/lib/store";
import { IconButton } from "./button";
import { Notice, type Tone } from "./notice";

interface Toast {
  id: number;
  tone: Tone;
  text: string;
}

const MOST_AT_ONCE = 4;
const toasts = createStore<Toast[]>([]);
let lastId = 0;

export function dismissToast(id: number): void {
  toasts.set(toasts.get().filter((toast) => toast.id !== id));
}

export function showToast(tone: Tone, text: string): void {
  lastId += 1;
  const toast = { id: lastId, tone, text };
  toasts.set([...toasts.get(), toast].slice(-MOST_AT_ONCE));
  after(tone === "bad" ? TOAST_MS * 2 : TOAST_MS, () => dismissToast(toast.id));
}

/** The region always exists, so that what enters it is announced. */
export function Toaster() {
  const { t } = useI18n();
  const shown = useStore(toasts);
  return (
    <section
      aria-live="polite"
      aria-label={t("shell.notifications")}
      className="pointer-events-none fixed right-4 bottom-4 z-60 flex w-[min(380px,calc(100vw-2rem))] flex-col gap-2"
    >
      {shown.map((toast) => (
        <Notice
          key={toast.id}
          tone={toast.tone}
          className="rise pointer-events-auto shadow-overlay"
          action={
            <IconButton
              label={t("action.dismiss")}
              icon={<X size={14} />}
              className="size-6"
              onClick={() => dismissToast(toast.id)}
            />
          }
        >
          {toast.text}
        </Notice>
      ))}
    </section>
  );
}

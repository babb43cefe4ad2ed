import { Check, Copy } from "lucide-react";
import { type RefObject, useEffect, useState } from "react";
import { useI18n } from "@/i18n/provider";
import { after } from "@/lib/cadence";
import { copyText, selectContents } from "@/lib/clipboard";
import { Button, type ButtonLook, IconButton } from "./button";

const SHOWN_MS = 2_000;

interface Props {
  text: string;
  label?: string;
  /** where the text stands, to mark it when the clipboard is blocked */
  source?: RefObject<HTMLElement | null>;
  look?: ButtonLook | "icon";
  onCopied?: () => void;
}

export function CopyButton({ text, label, source, look = "icon", onCopied }: Props) {
  const { t } = useI18n();
  const [state, setState] = useState<"idle" | "copied" | "blocked">("idle");
  useEffect(
    () => (state === "idle" ? undefined : after(SHOWN_MS, () => setState("idle"))),
    [state],
  );

  const copy = async () => {
    const isCopied = await copyText(text);
    if (!isCopied && source?.current) selectContents(source.current);
    setState(isCopied ? "copied" : "blocked");
    if (isCopied) onCopied?.();
  };
  const words = {
    idle: label ?? t("action.copy"),
    copied: t("action.copied"),
    blocked: t("action.copyBlocked"),
  }[state];
  const icon = state === "copied" ? <Check size={14} /> : <Copy size={14} />;
  return (
    <>
      {look === "icon" ? (
        <IconButton label={words} icon={icon} className="size-7" onClick={copy} />
      ) : (
        <Button look={look} onClick={copy}>
          {icon}
          {words}
        </Button>
      )}
      <span className="sr-only" role="status">
        {state === "idle" ? "" : words}
      </span>
    </>
  );
}

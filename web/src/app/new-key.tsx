import { useRef, useState } from "react";
import { useSession } from "@/api/session";
import { useI18n } from "@/i18n/provider";
import type { Dialect } from "@/lib/snippets";
import { Button } from "@/ui/button";
import { CopyButton } from "@/ui/copy-button";
import { Dialog } from "@/ui/dialog";
import { Notice } from "@/ui/notice";
import { ConnectSnippets } from "./connect";

interface Props {
  owner: string;
  keyName: string;
  secret: string;
  dialect: Dialect;
  onClose: () => void;
}

/** A new key, in full, this once. Closing asks when it has not been copied. */
export function NewKeyDialog({ owner, keyName, secret, dialect, onClose }: Props) {
  const { t } = useI18n();
  const [isCopied, setCopied] = useState(false);
  const baseUrl = useSession()?.baseUrl ?? location.origin;
  const copied = () => setCopied(true);
  return (
    <Dialog
      title={t("newKey.title")}
      description={t("newKey.of", { key: keyName, owner })}
      width="wide"
      onClose={onClose}
      isDirty={!isCopied}
      leaveText={t("newKey.leave")}
      footer={
        <Button look={isCopied ? "primary" : "normal"} onClick={onClose}>
          {t("newKey.saved")}
        </Button>
      }
    >
      <div className="grid grid-cols-1 gap-4">
        <Notice tone="warn">{t("newKey.once")}</Notice>
        <SecretLine secret={secret} onCopied={copied} />
        <section>
          <h3 className="mb-2 text-14 font-semibold">{t("connect.title")}</h3>
          <ConnectSnippets
            connection={{ baseUrl, key: secret }}
            dialect={dialect}
            onCopied={copied}
          />
        </section>
      </div>
    </Dialog>
  );
}

export function SecretLine({ secret, onCopied }: { secret: string; onCopied: () => void }) {
  const { t } = useI18n();
  const source = useRef<HTMLElement>(null);
  return (
    <div className="flex flex-wrap items-center gap-2">
      <code
        ref={source}
        className="min-w-0 flex-1 rounded-control border border-hairline bg-panel px-3 py-1.5 text-13 break-all"
      >
        {secret}
      </code>
      <CopyButton
        look="primary"
        text={secret}
        source={source}
        label={t("newKey.copy")}
        onCopied={onCopied}
      />
    </div>
  );
}

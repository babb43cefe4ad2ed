import { type ReactNode, useState } from "react";
import { useI18n } from "@/i18n/provider";
import { Button } from "./button";
import { Dialog } from "./dialog";
import { TextField } from "./field";
import { Notice } from "./notice";

interface Props {
  title: string;
  children: ReactNode;
  confirmLabel: string;
  onConfirm: () => void;
  onClose: () => void;
  isBusy?: boolean;
  error?: string | null;
  /** what has to be typed before an irrecoverable step */
  typedName?: string;
}

/** Names the object; asks for its name to be typed when there is no way back. */
export function ConfirmDialog(props: Props) {
  const { title, children, confirmLabel, onConfirm, onClose, isBusy, error, typedName } = props;
  const { t } = useI18n();
  const [typed, setTyped] = useState("");
  const isReady = typedName === undefined || typed === typedName;
  return (
    <Dialog
      title={title}
      onClose={onClose}
      footer={
        <>
          <Button onClick={onClose}>{t("action.cancel")}</Button>
          <Button look="danger" disabled={!isReady} isBusy={isBusy} onClick={onConfirm}>
            {confirmLabel}
          </Button>
        </>
      }
    >
      <div className="flex flex-col gap-3 text-14">
        {error && (
          <Notice tone="bad" role="alert">
            {error}
          </Notice>
        )}
        {children}
        {typedName !== undefined && (
          <TextField
            label={t("form.typeName", { name: typedName })}
            value={typed}
            autoComplete="off"
            onChange={(event) => setTyped(event.target.value)}
          />
        )}
      </div>
    </Dialog>
  );
}

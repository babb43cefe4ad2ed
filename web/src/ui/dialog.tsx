import { X } from "lucide-react";
import { Dialog as Radix } from "radix-ui";
import { type ReactNode, useRef, useState } from "react";
import { useI18n } from "@/i18n/provider";
import { Button, IconButton } from "./button";
import { cx } from "./class-names";

interface Props {
  title: string;
  description?: ReactNode;
  onClose: () => void;
  children: ReactNode;
  /** unsaved changes: closing asks first */
  isDirty?: boolean;
  /** what that question says, when it is not about unsaved changes */
  leaveText?: string;
  width?: "normal" | "wide";
  /** a drawer stands at the right edge, a sheet at the left, both as high as the window */
  kind?: "dialog" | "drawer" | "sheet";
  footer?: ReactNode;
  headerExtra?: ReactNode;
}

const DIALOG =
  "rise left-1/2 top-[8vh] max-h-[84dvh] w-[calc(100vw-2rem)] -translate-x-1/2 rounded-panel " +
  "max-small:inset-x-0 max-small:top-auto max-small:bottom-0 max-small:w-full max-small:max-h-[92dvh] " +
  "max-small:translate-x-0 max-small:rounded-b-none";
const DRAWER = "slide inset-y-0 right-0 w-full max-w-[520px] border-l";
const SHEET = "inset-y-0 left-0 w-72 max-w-[86vw] border-r";

/** A form is entered at its first field; anything else by its frame, which reads its title. */
function focusFirstField(event: Event): void {
  event.preventDefault();
  const frame = event.currentTarget as HTMLElement;
  const field = frame.querySelector<HTMLElement>("form input:not([disabled]), form select");
  (field ?? frame).focus();
}

/** Mounted means open. Focus moves in, stays in, and returns to where it was. */
export function Dialog(props: Props) {
  const { title, description, onClose, isDirty = false, kind = "dialog", footer } = props;
  const { t } = useI18n();
  const [isAsking, setAsking] = useState(false);
  const opener = useRef(document.activeElement);
  const returnFocus = (event: Event) => {
    event.preventDefault();
    if (opener.current instanceof HTMLElement) opener.current.focus();
  };
  const close = () => (isDirty ? setAsking(true) : onClose());
  return (
    <Radix.Root open onOpenChange={(isOpen) => !isOpen && close()}>
      <Radix.Portal>
        <Radix.Overlay className="fixed inset-0 z-40 bg-scrim" />
        <Radix.Content
          onOpenAutoFocus={focusFirstField}
          onCloseAutoFocus={returnFocus}
          {...(description ? {} : { "aria-describedby": undefined })}
          className={cx(
            "fixed z-50 flex flex-col overflow-hidden border-hairline bg-raised text-text shadow-overlay outline-none",
            { dialog: `border ${DIALOG}`, drawer: DRAWER, sheet: SHEET }[kind],
            kind === "dialog" && (props.width === "wide" ? "max-w-[720px]" : "max-w-[520px]"),
          )}
        >
          <header className="flex items-start gap-3 border-b border-hairline px-5 py-3">
            <div className="min-w-0 flex-1">
              <Radix.Title className="text-16 font-semibold break-words">{title}</Radix.Title>
              {description && (
                <Radix.Description className="text-13 text-muted">{description}</Radix.Description>
              )}
            </div>
            {props.headerExtra}
            <IconButton label={t("action.close")} icon={<X size={18} />} onClick={close} />
          </header>
          <div className="thin-scroll min-h-0 flex-1 overflow-y-auto px-5 py-4">
            {props.children}
          </div>
          {footer && (
            <footer className="flex flex-wrap justify-end gap-2 border-t border-hairline px-5 py-3">
              {footer}
            </footer>
          )}
        </Radix.Content>
      </Radix.Portal>
      {isAsking && (
        <LeaveDialog
          text={props.leaveText ?? t("form.leaveText")}
          onStay={() => setAsking(false)}
          onLeave={onClose}
        />
      )}
    </Radix.Root>
  );
}

/** Around a button that closes the dialog it stands in, asking first where that is due. */
export const DialogClose = Radix.Close;

function LeaveDialog(props: { text: string; onStay: () => void; onLeave: () => void }) {
  const { t } = useI18n();
  return (
    <Dialog
      title={t("form.leaveTitle")}
      onClose={props.onStay}
      footer={
        <>
          <Button onClick={props.onStay}>{t("form.stay")}</Button>
          <Button look="danger" onClick={props.onLeave}>
            {t("form.leave")}
          </Button>
        </>
      }
    >
      <p className="text-14">{props.text}</p>
    </Dialog>
  );
}

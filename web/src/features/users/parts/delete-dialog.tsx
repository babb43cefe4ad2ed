import { errorText } from "@/app/error-text";
import { useI18n } from "@/i18n/provider";
import { ConfirmDialog } from "@/ui/confirm-dialog";
import { showToast } from "@/ui/toast";
import { useDeleteKey, useDeleteUser } from "../queries";
import type { Row } from "./rows";

/** A user is gone for good, so the name is typed; a key is only confirmed. */
export function DeleteDialog({ row, onClose }: { row: Row; onClose: () => void }) {
  const i18n = useI18n();
  const { t } = i18n;
  const deleteUser = useDeleteUser();
  const deleteKey = useDeleteKey();
  const isUser = row.kind === "user";
  const { id, name } = isUser ? row.user : row.key;
  const action = isUser ? deleteUser : deleteKey;
  return (
    <ConfirmDialog
      title={t(isUser ? "users.deleteUser" : "users.deleteKey", { name })}
      confirmLabel={t("action.delete")}
      typedName={isUser ? name : undefined}
      isBusy={action.isPending}
      error={action.error ? errorText(action.error, i18n) : null}
      onClose={onClose}
      onConfirm={() =>
        action.mutate(id, {
          onSuccess: () => {
            showToast("good", t("state.deleted", { name }));
            onClose();
          },
        })
      }
    >
      <p>{t(isUser ? "users.deleteUserText" : "users.deleteKeyText", { name })}</p>
    </ConfirmDialog>
  );
}

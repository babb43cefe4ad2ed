import { useState } from "react";
import { errorText } from "@/app/error-text";
import { NewKeyDialog } from "@/app/new-key";
import { useI18n } from "@/i18n/provider";
import { dialectOf } from "@/lib/snippets";
import { ConfirmDialog } from "@/ui/confirm-dialog";
import { showToast } from "@/ui/toast";
import { useDeleteKey, useDeleteUser, useFirstProviderType } from "../queries";
import type { UsersSearch } from "../search";
import { CreateKey, EditKey } from "./key-form";
import type { Row } from "./rows";
import { CreateUser, EditUser, type MadeKey } from "./user-form";

interface Props {
  search: UsersSearch;
  onClose: () => void;
}

/** Whichever dialog the address names; and a new key, which no address may name. */
export function Dialogs({ search, onClose }: Props) {
  const [made, setMade] = useState<MadeKey | null>(null);
  const provider = useFirstProviderType(made !== null);
  const onMade = (key: MadeKey) => {
    setMade(key);
    onClose();
  };
  if (made) {
    return (
      <NewKeyDialog {...made} dialect={dialectOf(provider.data)} onClose={() => setMade(null)} />
    );
  }
  if (search.create) return <CreateUser onClose={onClose} onMade={onMade} />;
  if (search.newKey) return <CreateKey userId={search.newKey} onClose={onClose} onMade={onMade} />;
  if (search.edit) return <EditUser id={search.edit} onClose={onClose} />;
  if (search.editKey) return <EditKey id={search.editKey} onClose={onClose} />;
  return null;
}

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

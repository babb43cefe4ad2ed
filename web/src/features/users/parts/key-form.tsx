import { zodResolver } from "@hookform/resolvers/zod";
import { Controller, useForm } from "react-hook-form";
import * as z from "zod/mini";
import type { Tagged } from "@/api/client";
import { expiryFrom } from "@/app/expiry";
import { ExpiryField } from "@/app/expiry-field";
import { FormDialog } from "@/app/form-dialog";
import { useFormText } from "@/app/forms";
import { QueryError } from "@/app/view";
import { useI18n } from "@/i18n/provider";
import { optionalText, requiredText } from "@/lib/rules";
import { Dialog } from "@/ui/dialog";
import { TextField } from "@/ui/field";
import { Skeleton } from "@/ui/states";
import { SwitchField } from "@/ui/switch";
import { showToast } from "@/ui/toast";
import { type Key, useCreateKey, useKey, useUpdateKey, useUser } from "../queries";
import type { MadeKey } from "./user-form";

const rules = z.object({
  name: requiredText(64),
  providerGroup: optionalText(200),
  expiresAt: z.string(),
  isEnabled: z.boolean(),
});
type Values = z.infer<typeof rules>;

function toBody(values: Values) {
  return {
    name: values.name,
    providerGroup: values.providerGroup || null,
    isEnabled: values.isEnabled,
    expiresAt: expiryFrom(values.expiresAt, Date.now()),
  };
}

interface CreateProps {
  userId: number;
  onClose: () => void;
  onMade: (key: MadeKey) => void;
}

export function CreateKey({ userId, onClose, onMade }: CreateProps) {
  const { t } = useI18n();
  const user = useUser(userId);
  const create = useCreateKey(userId);
  const form = useForm<Values>({
    resolver: zodResolver(rules),
    defaultValues: { name: "", providerGroup: "", expiresAt: "never", isEnabled: true },
  });
  const owner = user.data?.value.name ?? "";
  if (user.error) {
    return (
      <Dialog title={t("users.createKey")} onClose={onClose}>
        <QueryError query={user} />
      </Dialog>
    );
  }
  return (
    <FormDialog
      title={t("users.createKey")}
      description={owner}
      name={`key-new-${userId}`}
      form={form}
      submitLabel={t("users.createKey")}
      onClose={onClose}
      onSubmit={async (values) => {
        const made = await create.mutateAsync(toBody(values));
        onMade({ owner, keyName: made.name, secret: made.generatedKey });
      }}
    >
      <Fields form={form} />
    </FormDialog>
  );
}

export function EditKey({ id, onClose }: { id: number; onClose: () => void }) {
  const { t } = useI18n();
  const key = useKey(id);
  if (key.data) return <EditForm apiKey={key.data} onClose={onClose} />;
  return (
    <Dialog title={t("users.editKey")} onClose={onClose}>
      {key.error ? <QueryError query={key} /> : <Skeleton />}
    </Dialog>
  );
}

function EditForm({ apiKey, onClose }: { apiKey: Tagged<Key>; onClose: () => void }) {
  const { t } = useI18n();
  const { value } = apiKey;
  const update = useUpdateKey(apiKey);
  const form = useForm<Values>({
    resolver: zodResolver(rules),
    defaultValues: {
      name: value.name,
      providerGroup: value.providerGroup ?? "",
      expiresAt: value.expiresAt ? "keep" : "never",
      isEnabled: value.isEnabled,
    },
  });
  return (
    <FormDialog
      title={t("users.editOf", { name: value.name })}
      description={value.maskedKey}
      name={`key-${value.id}`}
      form={form}
      submitLabel={t("action.save")}
      onClose={onClose}
      onSubmit={async (values) => {
        const dirty = form.formState.dirtyFields;
        const changed = Object.entries(toBody(values)).filter(([name]) => name in dirty);
        // the name always belongs to a change of a key
        await update.mutateAsync({ ...Object.fromEntries(changed), name: values.name });
        showToast("good", t("state.saved", { name: values.name }));
        onClose();
      }}
    >
      <Fields form={form} current={value.expiresAt} />
    </FormDialog>
  );
}

interface FieldsProps {
  form: ReturnType<typeof useForm<Values>>;
  current?: string | null;
}

function Fields({ form, current }: FieldsProps) {
  const { t } = useI18n();
  const text = useFormText(form);
  return (
    <>
      <TextField
        label={t("users.keyName")}
        hint={t("users.keyNameHint")}
        isRequired
        autoComplete="off"
        error={text("name")}
        {...form.register("name")}
      />
      <TextField
        label={t("users.group")}
        hint={t("users.groupHint")}
        autoComplete="off"
        error={text("providerGroup")}
        {...form.register("providerGroup")}
      />
      <ExpiryField
        register={form.register("expiresAt")}
        error={text("expiresAt")}
        current={current}
      />
      <Controller
        control={form.control}
        name="isEnabled"
        render={({ field }) => (
          <SwitchField
            label={t("users.enabled")}
            hint={t("users.keyEnabledHint")}
            isOn={field.value}
            onChange={field.onChange}
          />
        )}
      />
    </>
  );
}

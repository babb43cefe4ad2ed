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
import { TagInput } from "@/ui/tag-input";
import { showToast } from "@/ui/toast";
import { type User, useCreateUser, useUpdateUser, useUser } from "../queries";

const MOST_TAGS = 20;
const LONGEST_TAG = 32;

const rules = z.object({
  name: requiredText(64),
  note: optionalText(200),
  tags: z.array(z.string()),
  providerGroup: optionalText(200),
  expiresAt: z.string(),
  isEnabled: z.boolean(),
});
type Values = z.infer<typeof rules>;

function toBody(values: Values) {
  return {
    name: values.name,
    note: values.note || null,
    tags: values.tags,
    providerGroup: values.providerGroup || null,
    isEnabled: values.isEnabled,
    expiresAt: expiryFrom(values.expiresAt, Date.now()),
  };
}

function fromUser(user: User): Values {
  return {
    name: user.name,
    note: user.note ?? "",
    tags: user.tags,
    providerGroup: user.providerGroup ?? "",
    expiresAt: user.expiresAt ? "keep" : "never",
    isEnabled: user.isEnabled,
  };
}

const EMPTY: Values = {
  name: "",
  note: "",
  tags: [],
  providerGroup: "",
  expiresAt: "never",
  isEnabled: true,
};

export interface MadeKey {
  owner: string;
  keyName: string;
  secret: string;
}

export function CreateUser(props: { onClose: () => void; onMade: (key: MadeKey) => void }) {
  const { t } = useI18n();
  const create = useCreateUser();
  const form = useForm<Values>({ resolver: zodResolver(rules), defaultValues: EMPTY });
  return (
    <FormDialog
      title={t("users.create")}
      description={t("users.createHint")}
      name="user-new"
      form={form}
      submitLabel={t("users.createSubmit")}
      onClose={props.onClose}
      onSubmit={async (values) => {
        const { user, defaultKey } = await create.mutateAsync(toBody(values));
        if (!defaultKey) return props.onClose();
        props.onMade({ owner: user.name, keyName: defaultKey.name, secret: defaultKey.key });
      }}
    >
      <Fields form={form} />
    </FormDialog>
  );
}

export function EditUser({ id, onClose }: { id: number; onClose: () => void }) {
  const { t } = useI18n();
  const user = useUser(id);
  if (user.data) return <EditForm user={user.data} onClose={onClose} />;
  return (
    <Dialog title={t("users.edit")} onClose={onClose}>
      {user.error ? <QueryError query={user} /> : <Skeleton />}
    </Dialog>
  );
}

function EditForm({ user, onClose }: { user: Tagged<User>; onClose: () => void }) {
  const { t } = useI18n();
  const update = useUpdateUser(user);
  const form = useForm<Values>({
    resolver: zodResolver(rules),
    defaultValues: fromUser(user.value),
  });
  return (
    <FormDialog
      title={t("users.editOf", { name: user.value.name })}
      name={`user-${user.value.id}`}
      form={form}
      submitLabel={t("action.save")}
      onClose={onClose}
      onSubmit={async (values) => {
        const dirty = form.formState.dirtyFields;
        const changed = Object.entries(toBody(values)).filter(([name]) => name in dirty);
        if (changed.length > 0) await update.mutateAsync(Object.fromEntries(changed));
        showToast("good", t("state.saved", { name: values.name }));
        onClose();
      }}
    >
      <Fields form={form} current={user.value.expiresAt} />
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
        label={t("user.name")}
        isRequired
        autoComplete="off"
        error={text("name")}
        {...form.register("name")}
      />
      <TextField
        label={t("users.note")}
        autoComplete="off"
        error={text("note")}
        {...form.register("note")}
      />
      <Controller
        control={form.control}
        name="tags"
        render={({ field }) => (
          <TagInput
            label={t("users.tags")}
            hint={t("form.tagHint")}
            tags={field.value}
            onChange={field.onChange}
            maxTags={MOST_TAGS}
            maxLength={LONGEST_TAG}
            error={text("tags")}
          />
        )}
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
            hint={t("users.enabledHint")}
            isOn={field.value}
            onChange={field.onChange}
          />
        )}
      />
    </>
  );
}

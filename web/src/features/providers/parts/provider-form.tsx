import { zodResolver } from "@hookform/resolvers/zod";
import type { ReactNode } from "react";
import { Controller, type UseFormReturn, useForm } from "react-hook-form";
import type { Tagged } from "@/api/client";
import { FormDialog } from "@/app/form-dialog";
import { useFormText } from "@/app/forms";
import { PROVIDER_TYPES, URL_OF } from "@/app/provider-types";
import { QueryError } from "@/app/view";
import { useI18n } from "@/i18n/provider";
import { Dialog } from "@/ui/dialog";
import { NumberField, SelectField, TextField } from "@/ui/field";
import { SecretField } from "@/ui/secret-field";
import { Skeleton } from "@/ui/states";
import { SwitchField } from "@/ui/switch";
import { showToast } from "@/ui/toast";
import { type Provider, useCreateProvider, useProvider, useUpdateProvider } from "../queries";
import { EMPTY, fromProvider, rulesFor, toBody, toPatch, type Values } from "./form-values";

/** The form of a provider; a new one has no id. */
export default function ProviderForm({ id, onClose }: { id: number | null; onClose: () => void }) {
  return id === null ? (
    <CreateProvider onClose={onClose} />
  ) : (
    <EditProvider id={id} onClose={onClose} />
  );
}

function CreateProvider({ onClose }: { onClose: () => void }) {
  const { t } = useI18n();
  const create = useCreateProvider();
  const form = useForm<Values>({ resolver: zodResolver(rulesFor(true)), defaultValues: EMPTY });
  return (
    <FormDialog
      title={t("provider.add")}
      name="provider-new"
      width="wide"
      form={form}
      submitLabel={t("provider.add")}
      onClose={onClose}
      onSubmit={async (values) => {
        await create.mutateAsync(toBody(values));
        showToast("good", t("state.saved", { name: values.name }));
        onClose();
      }}
    >
      <Fields form={form} />
    </FormDialog>
  );
}

function EditProvider({ id, onClose }: { id: number; onClose: () => void }) {
  const { t } = useI18n();
  const provider = useProvider(id);
  if (provider.data) return <EditForm provider={provider.data} onClose={onClose} />;
  return (
    <Dialog title={t("providers.edit")} width="wide" onClose={onClose}>
      {provider.error ? <QueryError query={provider} /> : <Skeleton />}
    </Dialog>
  );
}

function EditForm({ provider, onClose }: { provider: Tagged<Provider>; onClose: () => void }) {
  const { t } = useI18n();
  const { value } = provider;
  const update = useUpdateProvider(provider);
  const form = useForm<Values>({
    resolver: zodResolver(rulesFor(false)),
    defaultValues: fromProvider(value),
  });
  return (
    <FormDialog
      title={t("providers.editOf", { name: value.name })}
      name={`provider-${value.id}`}
      width="wide"
      form={form}
      submitLabel={t("action.save")}
      onClose={onClose}
      onSubmit={async (values) => {
        const patch = toPatch(values, form.formState.dirtyFields);
        if (Object.keys(patch).length > 0) await update.mutateAsync(patch);
        showToast("good", t("state.saved", { name: values.name }));
        onClose();
      }}
    >
      <Fields form={form} maskedKey={value.maskedKey} />
    </FormDialog>
  );
}

interface FieldsProps {
  form: UseFormReturn<Values>;
  /** set when editing: the secret that stays unless a new one is typed */
  maskedKey?: string;
}

function Fields({ form, maskedKey }: FieldsProps) {
  return (
    <>
      <ConnectionFields form={form} maskedKey={maskedKey} />
      <RoutingFields form={form} />
      <TimeoutFields form={form} />
    </>
  );
}

function Group({ title, children }: { title: string; children: ReactNode }) {
  return (
    <fieldset className="m-0 min-w-0 border-0 p-0">
      <legend className="mb-3 w-full border-b border-hairline pb-1 text-13 font-semibold">
        {title}
      </legend>
      <div className="grid gap-4 small:grid-cols-2">{children}</div>
    </fieldset>
  );
}

function ConnectionFields({ form, maskedKey }: FieldsProps) {
  const { t } = useI18n();
  const text = useFormText(form);
  return (
    <Group title={t("providers.connection")}>
      <TextField
        label={t("provider.name")}
        isRequired
        autoComplete="off"
        error={text("name")}
        {...form.register("name")}
      />
      <SelectField
        label={t("provider.type")}
        options={PROVIDER_TYPES.map((value) => ({ value, label: t(`providerType.${value}`) }))}
        error={text("provider_type")}
        {...form.register("provider_type")}
      />
      <TextField
        label={t("provider.url")}
        isRequired
        inputMode="url"
        autoComplete="off"
        placeholder={URL_OF[form.watch("provider_type")]}
        error={text("url")}
        className="small:col-span-2"
        {...form.register("url")}
      />
      <SecretField
        label={t("provider.key")}
        isRequired={maskedKey === undefined}
        autoComplete="off"
        hint={maskedKey ? t("providers.keepKey", { key: maskedKey }) : t("providers.keyHint")}
        error={text("key")}
        className="small:col-span-2"
        {...form.register("key")}
      />
      <TextField
        label={t("providers.website")}
        inputMode="url"
        autoComplete="off"
        error={text("website_url")}
        {...form.register("website_url")}
      />
      <Controller
        control={form.control}
        name="is_enabled"
        render={({ field }) => (
          <SwitchField
            className="self-center"
            label={t("providers.enabled")}
            hint={t("providers.enabledHint")}
            isOn={field.value}
            onChange={field.onChange}
          />
        )}
      />
    </Group>
  );
}

function RoutingFields({ form }: FieldsProps) {
  const { t } = useI18n();
  const text = useFormText(form);
  return (
    <Group title={t("providers.routing")}>
      <NumberField
        label={t("providers.priority")}
        hint={t("providers.priorityHint")}
        error={text("priority")}
        {...form.register("priority")}
      />
      <NumberField
        label={t("providers.weight")}
        hint={t("providers.weightHint")}
        error={text("weight")}
        {...form.register("weight")}
      />
      <TextField
        label={t("providers.groups")}
        hint={t("providers.groupsHint")}
        autoComplete="off"
        error={text("group_tag")}
        {...form.register("group_tag")}
      />
      <NumberField
        label={t("providers.multiplier")}
        hint={t("providers.multiplierHint")}
        suffix="×"
        error={text("cost_multiplier")}
        {...form.register("cost_multiplier")}
      />
    </Group>
  );
}

function TimeoutFields({ form }: FieldsProps) {
  const { t } = useI18n();
  const text = useFormText(form);
  const fields = [
    ["first_byte_timeout_streaming_ms", t("providers.firstByte"), t("providers.firstByteHint")],
    ["streaming_idle_timeout_ms", t("providers.idle"), t("providers.idleHint")],
    ["request_timeout_non_streaming_ms", t("providers.whole"), t("providers.wholeHint")],
  ] as const;
  return (
    <Group title={t("providers.timeouts")}>
      {fields.map(([name, label, hint]) => (
        <NumberField
          key={name}
          label={label}
          hint={hint}
          suffix={t("unit.ms")}
          error={text(name)}
          {...form.register(name)}
        />
      ))}
    </Group>
  );
}

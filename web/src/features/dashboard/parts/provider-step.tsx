import { zodResolver } from "@hookform/resolvers/zod";
import { useState } from "react";
import { useForm } from "react-hook-form";
import * as z from "zod/mini";
import { placeProblem, useFormText } from "@/app/forms";
import { PROVIDER_TYPES, URL_OF } from "@/app/provider-types";
import { useI18n } from "@/i18n/provider";
import { httpUrl, requiredText } from "@/lib/rules";
import { Button } from "@/ui/button";
import { SelectField, TextField } from "@/ui/field";
import { Notice } from "@/ui/notice";
import { SecretField } from "@/ui/secret-field";
import { useCreateProvider } from "../queries";

const rules = z.object({
  name: requiredText(64),
  provider_type: z.enum(PROVIDER_TYPES),
  url: httpUrl(255, false),
  key: requiredText(1_048_576),
});
type Values = z.infer<typeof rules>;

/** The four things without which there is no provider; the rest has defaults. */
export function ProviderStep() {
  const i18n = useI18n();
  const { t } = i18n;
  const create = useCreateProvider();
  const [problem, setProblem] = useState<string | null>(null);
  const form = useForm<Values>({
    resolver: zodResolver(rules),
    defaultValues: { name: "", provider_type: "claude", url: "", key: "" },
  });
  const text = useFormText(form);
  const submit = form.handleSubmit(async (values) => {
    setProblem(null);
    try {
      await create.mutateAsync(values);
    } catch (error) {
      setProblem(placeProblem(error, form, i18n));
    }
  });
  return (
    <form noValidate onSubmit={submit} className="grid max-w-180 gap-4 small:grid-cols-2">
      {problem && (
        <Notice tone="bad" role="alert" className="small:col-span-2">
          {problem}
        </Notice>
      )}
      <SelectField
        label={t("provider.type")}
        options={PROVIDER_TYPES.map((value) => ({ value, label: t(`providerType.${value}`) }))}
        error={text("provider_type")}
        {...form.register("provider_type")}
      />
      <TextField
        label={t("provider.name")}
        isRequired
        autoComplete="off"
        error={text("name")}
        {...form.register("name")}
      />
      <TextField
        label={t("provider.url")}
        isRequired
        inputMode="url"
        autoComplete="off"
        placeholder={URL_OF[form.watch("provider_type")]}
        error={text("url")}
        {...form.register("url")}
      />
      <SecretField
        label={t("provider.key")}
        isRequired
        autoComplete="off"
        error={text("key")}
        {...form.register("key")}
      />
      <div className="small:col-span-2">
        <Button type="submit" look="primary" isBusy={form.formState.isSubmitting}>
          {t("provider.add")}
        </Button>
      </div>
    </form>
  );
}

import { zodResolver } from "@hookform/resolvers/zod";
import { useState } from "react";
import { useForm } from "react-hook-form";
import * as z from "zod/mini";
import { placeProblem, useFormText } from "@/app/forms";
import { useI18n } from "@/i18n/provider";
import { requiredText } from "@/lib/rules";
import { Button } from "@/ui/button";
import { TextField } from "@/ui/field";
import { Notice } from "@/ui/notice";
import { useCreateUser } from "../queries";

const rules = z.object({ name: requiredText(64) });
type Values = z.infer<typeof rules>;

export function UserStep(props: { onCreated: (made: { owner: string; key: string }) => void }) {
  const i18n = useI18n();
  const { t } = i18n;
  const create = useCreateUser();
  const [problem, setProblem] = useState<string | null>(null);
  const form = useForm<Values>({ resolver: zodResolver(rules), defaultValues: { name: "" } });
  const text = useFormText(form);
  const submit = form.handleSubmit(async ({ name }) => {
    setProblem(null);
    try {
      const made = await create.mutateAsync(name);
      if (made.defaultKey) props.onCreated({ owner: made.user.name, key: made.defaultKey.key });
    } catch (error) {
      setProblem(placeProblem(error, form, i18n));
    }
  });
  return (
    <form noValidate onSubmit={submit} className="grid max-w-96 grid-cols-1 gap-4">
      {problem && (
        <Notice tone="bad" role="alert">
          {problem}
        </Notice>
      )}
      <TextField
        label={t("user.name")}
        hint={t("guide.userHint")}
        isRequired
        autoComplete="off"
        error={text("name")}
        {...form.register("name")}
      />
      <div>
        <Button type="submit" look="primary" isBusy={form.formState.isSubmitting}>
          {t("guide.createUser")}
        </Button>
      </div>
    </form>
  );
}

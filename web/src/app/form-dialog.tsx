import { type KeyboardEvent, type ReactNode, useId, useState } from "react";
import type { FieldValues, UseFormReturn } from "react-hook-form";
import { useI18n } from "@/i18n/provider";
import { Button } from "@/ui/button";
import { Dialog, DialogClose } from "@/ui/dialog";
import { Notice } from "@/ui/notice";
import { placeProblem, useDraft } from "./forms";

interface Props<T extends FieldValues> {
  title: string;
  description?: ReactNode;
  /** names the draft */
  name: string;
  form: UseFormReturn<T>;
  submitLabel: string;
  /** may throw; a refusal is placed under the fields */
  onSubmit: (values: T) => Promise<void>;
  onClose: () => void;
  children: ReactNode;
  width?: "normal" | "wide";
}

/** A form in a dialog: Ctrl Enter saves, leaving with changes asks, a refusal keeps the values. */
export function FormDialog<T extends FieldValues>(props: Props<T>) {
  const { form, onSubmit, onClose } = props;
  const i18n = useI18n();
  const { t } = i18n;
  const id = useId();
  const [problem, setProblem] = useState<string | null>(null);
  const draft = useDraft(props.name, form);
  const { isDirty, isSubmitting } = form.formState;

  const submit = form.handleSubmit(async (values) => {
    setProblem(null);
    try {
      await onSubmit(values);
      draft.drop();
    } catch (error) {
      setProblem(placeProblem(error, form, i18n));
    }
  });
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) void submit();
  };
  return (
    <Dialog
      title={props.title}
      description={props.description}
      onClose={onClose}
      isDirty={isDirty}
      width={props.width}
      footer={
        <>
          <DialogClose asChild>
            <Button>{t("action.cancel")}</Button>
          </DialogClose>
          <Button type="submit" form={id} look="primary" isBusy={isSubmitting}>
            {props.submitLabel}
          </Button>
        </>
      }
    >
      <form
        id={id}
        noValidate
        onSubmit={submit}
        onKeyDown={onKeyDown}
        className="grid grid-cols-1 gap-4"
      >
        <div aria-live="assertive" className="contents">
          {problem && <Notice tone="bad">{problem}</Notice>}
        </div>
        {draft.hasDraft && (
          <Notice
            tone="info"
            role="status"
            action={
              <>
                <Button size="small" onClick={draft.restore}>
                  {t("form.restoreDraft")}
                </Button>
                <Button size="small" look="quiet" onClick={draft.drop}>
                  {t("form.dropDraft")}
                </Button>
              </>
            }
          >
            {t("form.draft")}
          </Notice>
        )}
        {props.children}
      </form>
    </Dialog>
  );
}

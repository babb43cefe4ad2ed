import type { UseFormRegisterReturn } from "react-hook-form";
import { useI18n } from "@/i18n/provider";
import { SelectField } from "@/ui/field";
import { EXPIRY_DAYS, EXPIRY_LABELS } from "./expiry";

interface Props {
  register: UseFormRegisterReturn;
  error: string | undefined;
  /** the stored expiry, offered as "keep" when editing */
  current?: string | null;
}

export function ExpiryField({ register, error, current }: Props) {
  const { t, dateTime } = useI18n();
  const days = EXPIRY_DAYS.map(String).map((value) => {
    const key = EXPIRY_LABELS[value];
    return { value, label: key ? t(key) : value };
  });
  const never = { value: "never", label: t("expiry.never") };
  const keep = { value: "keep", label: t("expiry.keep", { date: dateTime(current) }) };
  return (
    <SelectField
      label={t("expiry.label")}
      options={current ? [keep, never, ...days] : [never, ...days]}
      error={error}
      {...register}
    />
  );
}

import { type FormEvent, useEffect, useRef, useState } from "react";
import { useI18n } from "@/i18n/provider";
import { useNow } from "@/lib/cadence";
import { Button } from "@/ui/button";
import { Notice } from "@/ui/notice";
import { SecretField } from "@/ui/secret-field";

interface Props {
  problem: string | null;
  /** when the refused try was sent; 0 for none */
  failedAt: number;
  retryAfterSeconds: number | null;
  onSubmit: (key: string) => Promise<void>;
}

export function LoginForm({ problem, failedAt, retryAfterSeconds, onSubmit }: Props) {
  const { t } = useI18n();
  const [key, setKey] = useState("");
  const input = useRef<HTMLInputElement>(null);
  const openAt = retryAfterSeconds === null ? 0 : failedAt + retryAfterSeconds * 1_000;
  const [isLocked, setLocked] = useState(false);

  useEffect(() => {
    if (failedAt > 0) input.current?.focus();
  }, [failedAt]);
  useEffect(() => setLocked(openAt > Date.now()), [openAt]);

  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (key !== "" && !isLocked) onSubmit(key).catch(() => {}); // shown as the problem
  };
  return (
    <form onSubmit={submit} className="grid grid-cols-1 gap-4">
      {problem && (
        <Notice tone="bad" role="alert">
          {problem} {isLocked && <Countdown until={openAt} onEnd={() => setLocked(false)} />}
        </Notice>
      )}
      <SecretField
        ref={input}
        label={t("login.key")}
        hint={t("login.keyHint")}
        name="key"
        autoComplete="current-password"
        autoFocus
        value={key}
        onChange={(event) => setKey(event.target.value)}
      />
      <Button type="submit" look="primary" className="h-9" disabled={key === "" || isLocked}>
        {t("login.submit")}
      </Button>
    </form>
  );
}

function Countdown({ until, onEnd }: { until: number; onEnd: () => void }) {
  const { t } = useI18n();
  const now = useNow("second");
  const seconds = Math.ceil((until - now) / 1_000);
  useEffect(() => {
    if (seconds <= 0) onEnd();
  }, [seconds, onEnd]);
  return <span aria-live="off">{t("login.tryAgainIn", { seconds: Math.max(0, seconds) })}</span>;
}

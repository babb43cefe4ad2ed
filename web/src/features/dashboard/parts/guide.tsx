import { Link } from "@tanstack/react-router";
import { Check, X } from "lucide-react";
import { type ReactNode, useState } from "react";
import { useSession } from "@/api/session";
import { ConnectSnippets } from "@/app/connect";
import { errorText } from "@/app/error-text";
import { SecretLine } from "@/app/new-key";
import { useI18n } from "@/i18n/provider";
import { dialectOf } from "@/lib/snippets";
import { Button, buttonClass, IconButton } from "@/ui/button";
import { cx } from "@/ui/class-names";
import { Notice } from "@/ui/notice";
import { type Setup, useCreateKey } from "../queries";
import { ProviderStep } from "./provider-step";
import { UserStep } from "./user-step";

interface Secret {
  owner: string;
  key: string;
}

/** From nothing to a command that works: a provider, a user with a key, a request. */
export default function Guide({ setup, onClose }: { setup: Setup; onClose: () => void }) {
  const { t } = useI18n();
  const [secret, setSecret] = useState<Secret | null>(null);
  const { provider, user } = setup;
  const step = provider === null ? 1 : user === null ? 2 : 3;
  return (
    <section aria-labelledby="guide" className="rounded-panel border border-hairline">
      <header className="flex items-start gap-3 border-b border-hairline bg-panel px-4 py-3">
        <div className="min-w-0 flex-1">
          <h2 id="guide" className="text-16 font-semibold">
            {t("guide.title")}
          </h2>
          <p className="text-13 text-muted">{t("guide.lead")}</p>
        </div>
        <IconButton label={t("guide.close")} icon={<X size={16} />} onClick={onClose} />
      </header>
      <ol className="m-0 list-none p-0">
        <Step
          at={1}
          current={step}
          title={t("guide.provider")}
          done={provider && t("guide.providerDone", { name: provider.name })}
        >
          <ProviderStep />
        </Step>
        <Step
          at={2}
          current={step}
          title={t("guide.user")}
          done={user && t("guide.userDone", { name: user.name })}
        >
          <UserStep onCreated={setSecret} />
        </Step>
        <Step
          at={3}
          current={step}
          title={t("guide.request")}
          done={setup.hasRequest && t("guide.requestDone")}
          isAlwaysOpen
        >
          {provider && user && <RequestStep setup={setup} secret={secret} onSecret={setSecret} />}
        </Step>
      </ol>
    </section>
  );
}

interface StepProps {
  at: number;
  current: number;
  title: string;
  /** what was achieved, once it was */
  done: string | false | null;
  isAlwaysOpen?: boolean;
  children: ReactNode;
}

function Step({ at, current, title, done, isAlwaysOpen, children }: StepProps) {
  const { t } = useI18n();
  const isCurrent = at === current;
  return (
    <li
      aria-current={isCurrent ? "step" : undefined}
      className="flex gap-3 border-b border-hairline px-4 py-4 last:border-b-0"
    >
      <span
        aria-hidden="true"
        className={cx(
          "flex size-6 shrink-0 items-center justify-center rounded-full border text-12 font-semibold",
          done && "border-good bg-good-wash text-good",
          !done && isCurrent && "border-accent bg-accent text-on-accent",
          !done && !isCurrent && "border-outline text-muted",
        )}
      >
        {done ? <Check size={14} /> : at}
      </span>
      <div className="min-w-0 flex-1">
        <h3 className={cx("text-14 leading-6 font-semibold", at > current && "text-muted")}>
          {title}
          {done && <span className="sr-only"> ({t("guide.stepDone")})</span>}
        </h3>
        {done && <p className="text-13 text-muted">{done}</p>}
        {(isAlwaysOpen ? at <= current : isCurrent) && <div className="mt-3">{children}</div>}
      </div>
    </li>
  );
}

interface RequestProps {
  setup: Setup;
  secret: Secret | null;
  onSecret: (secret: Secret) => void;
}

function RequestStep({ setup, secret, onSecret }: RequestProps) {
  const { t, locale } = useI18n();
  const baseUrl = useSession()?.baseUrl ?? location.origin;
  return (
    <div className="grid grid-cols-1 gap-3">
      {secret ? (
        <>
          <Notice tone="warn">{t("newKey.once")}</Notice>
          <SecretLine secret={secret.key} onCopied={() => {}} />
        </>
      ) : (
        setup.user && <KeyOffer user={setup.user} onSecret={onSecret} />
      )}
      <p className="text-13">{t("guide.run")}</p>
      <ConnectSnippets
        connection={{ baseUrl, key: secret?.key ?? null }}
        dialect={dialectOf(setup.provider?.providerType)}
      />
      <div className="flex flex-wrap items-center gap-3 text-13" role="status">
        {setup.hasRequest ? (
          <>
            <span className="inline-flex items-center gap-1.5 font-medium text-good">
              <Check size={14} aria-hidden="true" />
              {t("guide.arrived")}
            </span>
            <Link to="/$locale/dashboard/logs" params={{ locale }} className={buttonClass()}>
              {t("guide.seeLog")}
            </Link>
          </>
        ) : (
          <span className="inline-flex items-center gap-2 text-muted">
            <span aria-hidden="true" className="pulse size-2 rounded-full bg-busy" />
            {t("guide.waiting")}
          </span>
        )}
      </div>
    </div>
  );
}

/** A key is shown once, so the command needs a new one when the user exists already. */
function KeyOffer(props: { user: { id: number; name: string }; onSecret: (s: Secret) => void }) {
  const { user, onSecret } = props;
  const i18n = useI18n();
  const { t } = i18n;
  const create = useCreateKey();
  const name = `setup ${new Date().toISOString().slice(0, 19).replace("T", " ")}`;
  return (
    <Notice
      tone={create.error ? "bad" : "info"}
      action={
        <Button
          isBusy={create.isPending}
          onClick={() =>
            create.mutate(
              { userId: user.id, name },
              { onSuccess: (made) => onSecret({ owner: user.name, key: made.generatedKey }) },
            )
          }
        >
          {t("guide.newKey")}
        </Button>
      }
    >
      {create.error ? errorText(create.error, i18n) : t("guide.needKey", { name: user.name })}
    </Notice>
  );
}

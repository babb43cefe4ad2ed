import { useState } from "react";
import { useI18n } from "@/i18n/provider";
import {
  type Connection,
  claudeCodeLines,
  codexLines,
  curlLines,
  type Dialect,
  geminiLines,
  MODEL_OF,
} from "@/lib/snippets";
import { CodeBlock } from "@/ui/code-block";
import { TextField } from "@/ui/field";
import { Tabs } from "@/ui/tabs";

interface Props {
  connection: Connection;
  /** what the first provider speaks */
  dialect: Dialect;
  onCopied?: () => void;
}

const OF_CLIENT: Record<Dialect, string> = {
  anthropic: "claude",
  "openai-responses": "codex",
  gemini: "gemini",
  "openai-chat": "",
};

/** Lines to paste into a terminal; the client that suits the provider comes right after curl. */
export function ConnectSnippets({ connection, dialect, onCopied }: Props) {
  const { t } = useI18n();
  const [model, setModel] = useState(MODEL_OF[dialect]);
  const block = (text: string, label: string) => (
    <CodeBlock text={text} label={label} onCopied={onCopied} />
  );
  const clients = [
    {
      id: "claude",
      label: "Claude Code",
      content: block(claudeCodeLines(connection), "Claude Code"),
    },
    { id: "codex", label: "Codex", content: block(codexLines(connection), "Codex") },
    { id: "gemini", label: "Gemini CLI", content: block(geminiLines(connection), "Gemini CLI") },
  ];
  const first = OF_CLIENT[dialect];
  clients.sort((a, b) => Number(b.id === first) - Number(a.id === first));
  const curl = (
    <div className="grid grid-cols-1 gap-3">
      {block(curlLines(connection, dialect, model.trim() || MODEL_OF[dialect]), "curl")}
      <TextField
        label={t("connect.model")}
        hint={t("connect.modelHint")}
        value={model}
        spellCheck={false}
        autoComplete="off"
        onChange={(event) => setModel(event.target.value)}
        className="max-w-80"
      />
    </div>
  );
  return (
    <Tabs
      label={t("connect.title")}
      tabs={[{ id: "curl", label: "curl", content: curl }, ...clients]}
    />
  );
}

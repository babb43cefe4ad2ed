/* The lines that point a client at the data plane. */

export const KEY_PLACEHOLDER = "$MILLRACE_KEY";

export type Dialect = "anthropic" | "openai-chat" | "openai-responses" | "gemini";

export const MODEL_OF: Record<Dialect, string> = {
  anthropic: "claude-sonnet-4-5",
  "openai-chat": "gpt-5",
  "openai-responses": "gpt-5-codex",
  gemini: "gemini-2.5-pro",
};

const DIALECT_OF_PROVIDER: Record<string, Dialect> = {
  claude: "anthropic",
  "claude-auth": "anthropic",
  codex: "openai-responses",
  gemini: "gemini",
  "gemini-cli": "gemini",
  "openai-compatible": "openai-chat",
};

export function dialectOf(providerType: string | undefined): Dialect {
  return DIALECT_OF_PROVIDER[providerType ?? ""] ?? "anthropic";
}

/** One word of a POSIX shell; a variable stays one. */
export function shellWord(text: string): string {
  if (/^\$[A-Z_]+$/.test(text)) return `"${text}"`;
  if (/^[\w@%+=:,./-]+$/.test(text)) return text;
  return `'${text.replaceAll("'", `'\\''`)}'`;
}

function header(name: string, value: string): string {
  const text = `${name}: ${value}`;
  return value.includes("$") ? `-H "${text}"` : `-H '${text}'`;
}

interface Ask {
  path: string;
  credential: [name: string, prefix: string];
  extra: [name: string, value: string][];
  body: object;
}

function ask(dialect: Dialect, model: string): Ask {
  const messages = [{ role: "user", content: "Say hello." }];
  switch (dialect) {
    case "anthropic":
      return {
        path: "/v1/messages",
        credential: ["x-api-key", ""],
        extra: [["anthropic-version", "2023-06-01"]],
        body: { model, max_tokens: 64, stream: true, messages },
      };
    case "openai-chat":
      return {
        path: "/v1/chat/completions",
        credential: ["authorization", "Bearer "],
        extra: [],
        body: { model, stream: true, messages },
      };
    case "openai-responses":
      return {
        path: "/v1/responses",
        credential: ["authorization", "Bearer "],
        extra: [],
        body: { model, stream: true, input: "Say hello." },
      };
    case "gemini":
      return {
        path: `/v1beta/models/${encodeURIComponent(model)}:streamGenerateContent?alt=sse`,
        credential: ["x-goog-api-key", ""],
        extra: [],
        body: { contents: [{ role: "user", parts: [{ text: "Say hello." }] }] },
      };
  }
}

export interface Connection {
  baseUrl: string;
  key: string | null;
}

export function curlLines(at: Connection, dialect: Dialect, model = MODEL_OF[dialect]): string {
  const { path, credential, extra, body } = ask(dialect, model);
  const [name, prefix] = credential;
  const headers = [
    header(name, prefix + (at.key ?? KEY_PLACEHOLDER)),
    ...extra.map(([one, value]) => header(one, value)),
    header("content-type", "application/json"),
  ];
  return [
    `curl -N ${shellWord(at.baseUrl + path)}`,
    ...headers,
    `-d ${shellWord(JSON.stringify(body))}`,
  ].join(" \\\n  ");
}

export function claudeCodeLines(at: Connection): string {
  return [
    `export ANTHROPIC_BASE_URL=${shellWord(at.baseUrl)}`,
    `export ANTHROPIC_AUTH_TOKEN=${shellWord(at.key ?? KEY_PLACEHOLDER)}`,
    "claude",
  ].join("\n");
}

export function codexLines(at: Connection): string {
  const provider = `{name="Millrace",base_url="${at.baseUrl}/v1",wire_api="responses",env_key="MILLRACE_API_KEY"}`;
  return [
    `export MILLRACE_API_KEY=${shellWord(at.key ?? KEY_PLACEHOLDER)}`,
    "codex -c model_provider=millrace \\",
    `  -c ${shellWord(`model_providers.millrace=${provider}`)}`,
  ].join("\n");
}

export function geminiLines(at: Connection): string {
  return [
    `export GOOGLE_GEMINI_BASE_URL=${shellWord(at.baseUrl)}`,
    `export GEMINI_API_KEY=${shellWord(at.key ?? KEY_PLACEHOLDER)}`,
    "gemini",
  ].join("\n");
}

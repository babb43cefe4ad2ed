/** The kinds of provider that an operator may choose; two more exist for the gateway's own use. */
export const PROVIDER_TYPES = ["claude", "codex", "gemini", "openai-compatible"] as const;

/** Where each kind usually lives; shown as an example, never filled in. */
export const URL_OF: Record<(typeof PROVIDER_TYPES)[number], string> = {
  claude: "https://api.anthropic.com",
  codex: "https://api.openai.com",
  gemini: "https://generativelanguage.googleapis.com",
  "openai-compatible": "https://api.openai.com",
};

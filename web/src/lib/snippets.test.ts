import { execFileSync } from "node:child_process";
import { describe, expect, it } from "vitest";
import {
  claudeCodeLines,
  codexLines,
  curlLines,
  type Dialect,
  dialectOf,
  geminiLines,
  shellWord,
} from "./snippets";

const at = { baseUrl: "http://127.0.0.1:23000", key: "sk-0123456789abcdef0123456789abcdef" };

/** What a shell makes of a command: its words, with curl replaced by a program that prints them. */
function words(command: string, env: Record<string, string> = {}): string[] {
  const script = `curl() { for one in "$@"; do printf '%s\\0' "$one"; done; }\n${command}`;
  const out = execFileSync("sh", ["-c", script], { env: { ...process.env, ...env } });
  return out.toString().split("\0").slice(0, -1);
}

describe("shellWord", () => {
  it.each(["plain", "a b", "it's", "$(rm -rf ~)", '"`', "a\nb", ""])(
    "survives a shell: %j",
    (text) => {
      expect(words(`curl ${shellWord(text)}`)).toEqual([text]);
    },
  );
  it("leaves a variable to the shell", () =>
    expect(shellWord("$MILLRACE_KEY")).toBe('"$MILLRACE_KEY"'));
});

describe("the curl command", () => {
  const paths: Record<Dialect, string> = {
    anthropic: "/v1/messages",
    "openai-chat": "/v1/chat/completions",
    "openai-responses": "/v1/responses",
    gemini: "/v1beta/models/it's:streamGenerateContent?alt=sse",
  };
  it.each(Object.entries(paths) as [Dialect, string][])("speaks %s", (dialect, path) => {
    const got = words(curlLines(at, dialect, "it's"));
    expect(got.slice(0, 2)).toEqual(["-N", at.baseUrl + path]);
    expect(got.some((word) => word.includes(at.key))).toBe(true);
    const body = JSON.parse(got.at(-1) ?? "");
    if (dialect !== "gemini") expect(body).toMatchObject({ model: "it's", stream: true });
    else expect(body.contents).toHaveLength(1);
  });
  it("takes the key from the environment when it is not known", () => {
    const got = words(curlLines({ ...at, key: null }, "anthropic"), { MILLRACE_KEY: "sk-x" });
    expect(got).toContain("x-api-key: sk-x");
  });
});

describe("the lines of the clients", () => {
  it("point Claude Code at the data plane", () => {
    expect(claudeCodeLines(at)).toContain(`ANTHROPIC_BASE_URL=${at.baseUrl}\n`);
    expect(claudeCodeLines(at)).toContain(`ANTHROPIC_AUTH_TOKEN=${at.key}\n`);
  });
  it("give Codex a provider of its own", () => {
    expect(codexLines(at)).toContain(`base_url="${at.baseUrl}/v1"`);
    expect(codexLines({ ...at, key: null })).toContain('"$MILLRACE_KEY"');
  });
  it("point Gemini CLI at the data plane", () => {
    expect(geminiLines(at)).toContain(`GOOGLE_GEMINI_BASE_URL=${at.baseUrl}\n`);
    expect(geminiLines({ ...at, key: null })).toContain('"$MILLRACE_KEY"');
  });
});

describe("dialectOf", () => {
  it.each([
    ["claude", "anthropic"],
    ["codex", "openai-responses"],
    ["gemini", "gemini"],
    ["openai-compatible", "openai-chat"],
    [undefined, "anthropic"],
  ])("%s speaks %s", (type, dialect) => expect(dialectOf(type)).toBe(dialect));
});

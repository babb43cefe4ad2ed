// The services under test, named by the environment; whoever starts them is elsewhere.
import assert from "node:assert/strict";

function fromEnvironment(...names) {
  for (const name of names) {
    if (process.env[name]) return process.env[name].replace(/\/$/, "");
  }
  throw new Error(`${names[0]} is not set: e2e/ needs running services, see web/README.md`);
}

export const adminUrl = fromEnvironment("MILLRACE_ADMIN_URL");
export const adminToken = fromEnvironment("MILLRACE_ADMIN_TOKEN");
export const baseUrl = fromEnvironment("MILLRACE_BASE_URL", "MILLRACE_URL");
/** Slow builds (sanitizers) are waited for longer. */
export const patience = Number(process.env.MILLRACE_PATIENCE ?? 1);

/** One call of the REST API, as a script would make it. */
export async function rest(method, path, body) {
  const answer = await fetch(adminUrl + path, {
    method,
    headers: { authorization: `Bearer ${adminToken}`, "content-type": "application/json" },
    body: body === undefined ? undefined : JSON.stringify(body),
  });
  const text = await answer.text();
  assert.ok(answer.ok, `${method} ${path}: ${answer.status} ${text}`);
  return text === "" ? null : JSON.parse(text);
}

/** A name that no other run has used. */
export function fresh(word) {
  return `${word}-${Date.now().toString(36)}-${process.pid}`;
}

/** A user with a key, made over REST. */
export async function makeUser(word = "e2e") {
  const name = fresh(word);
  const { user, defaultKey } = await rest("POST", "/api/v1/users", { name });
  return { id: user.id, name, key: defaultKey.key, keyId: defaultKey.id };
}

/** A provider that speaks Anthropic and lives at `url`. */
export async function makeProvider(url, word = "e2e") {
  return rest("POST", "/api/v1/providers", {
    name: fresh(word),
    provider_type: "claude",
    url,
    key: "scripted",
  });
}

/** Takes away every provider that lives at `url`: nobody answers there any more. */
export async function removeProviders(url) {
  const { items } = await rest("GET", "/api/v1/providers?limit=1000");
  for (const one of items.filter((provider) => provider.url.startsWith(url))) {
    await rest("DELETE", `/api/v1/providers/${one.id}`);
  }
}

/** Asks the data plane as a client would, and reads the answer to its end. */
export async function ask(key, model = "claude-sonnet-4-5") {
  const answer = await fetch(`${baseUrl}/v1/messages`, {
    method: "POST",
    headers: {
      "x-api-key": key,
      "anthropic-version": "2023-06-01",
      "content-type": "application/json",
    },
    body: JSON.stringify({
      model,
      max_tokens: 16,
      stream: true,
      messages: [{ role: "user", content: "Say hello." }],
    }),
  });
  await answer.text();
  return answer.status;
}

/** Repeats a question until its answer is true; the configuration may still be on its way. */
export async function until(what, probe, ms = 10_000) {
  const deadline = Date.now() + ms * patience;
  for (;;) {
    if (await probe()) return;
    assert.ok(Date.now() < deadline, `waited in vain for ${what}`);
    await new Promise((wake) => setTimeout(wake, 50));
  }
}

/** Sends `count` requests that succeed. */
export async function sendRequests(key, count, model) {
  await until("the key to be accepted", async () => (await ask(key, model)) === 200);
  for (let sent = 1; sent < count; sent += 1) assert.equal(await ask(key, model), 200);
}

// SPDX-License-Identifier: MIT
// A provider, a user and a key over the REST API, and a few requests to look at.
//
//     node demo.mjs ADMIN-URL CLIENT-URL PROVIDER-URL SECRETS-FOLDER
//
// What is there already is left alone. A key is shown once, when it is made, so it is kept in
// SECRETS-FOLDER/demo.key; when that file is lost, a new key is made.

import { readFileSync, writeFileSync, existsSync } from 'node:fs';
import { join } from 'node:path';

const [adminUrl, clientUrl, providerUrl, secrets] = process.argv.slice(2);
const token = readFileSync(join(secrets, 'admin.token'), 'utf8').trim();
const keyFile = join(secrets, 'demo.key');

async function rest(method, path, body) {
  const answer = await fetch(adminUrl + path, {
    method,
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body: body && JSON.stringify(body),
  });
  const text = await answer.text();
  if (!answer.ok) throw new Error(`${method} ${path} was answered ${answer.status}: ${text}`);
  return text ? JSON.parse(text) : null;
}

const PROVIDERS = [
  { name: 'demo-anthropic', provider_type: 'claude' },
  { name: 'demo-openai', provider_type: 'openai-compatible' },
  { name: 'demo-responses', provider_type: 'codex' },
  { name: 'demo-gemini', provider_type: 'gemini' },
];

async function ensureProviders() {
  const { items } = await rest('GET', '/api/v1/providers');
  for (const { name, provider_type } of PROVIDERS) {
    const url = providerUrl;
    const found = items.find((one) => one.name === name);
    if (!found) {
      await rest('POST', '/api/v1/providers', { name, provider_type, url, key: 'scripted' });
    } else if (found.url !== url) {
      await rest('PATCH', `/api/v1/providers/${found.id}`, { url });
    }
  }
}

async function ensureKey() {
  const { items } = await rest('GET', '/api/v1/users?q=demo&limit=100');
  const user = items.find((one) => one.name === 'demo');
  if (user && existsSync(keyFile)) return readFileSync(keyFile, 'utf8').trim();
  let key;
  if (user) {
    const name = `demo-${Date.now()}`;
    key = (await rest('POST', `/api/v1/users/${user.id}/keys`, { name })).generatedKey;
  } else {
    key = (await rest('POST', '/api/v1/users', { name: 'demo' })).defaultKey.key;
  }
  writeFileSync(keyFile, `${key}\n`, { mode: 0o600 });
  return key;
}

const REQUESTS = [
  ['/v1/messages', { model: 'claude-sonnet-4-5', max_tokens: 256, stream: true }],
  ['/v1/messages', { model: 'claude-haiku-4-5', max_tokens: 64 }],
  ['/v1/chat/completions', { model: 'gpt-5-mini', stream: true }],
  ['/v1/chat/completions', { model: 'no-such-key' }, 'sk-00000000000000000000000000000000'],
];

// What was just made reaches every data plane within a quarter of a second.
async function ask(key, [path, body, otherKey]) {
  const messages = [{ role: 'user', content: 'Hello' }];
  for (let tries = 10; ; tries--) {
    const answer = await fetch(clientUrl + path, {
      method: 'POST',
      headers: {
        authorization: `Bearer ${otherKey ?? key}`,
        'anthropic-version': '2023-06-01',
        'content-type': 'application/json',
      },
      body: JSON.stringify({ ...body, messages }),
    });
    const text = await answer.text();
    if (answer.ok || (otherKey && answer.status === 401)) return;
    if (tries === 0) throw new Error(`POST ${path} was answered ${answer.status}: ${text}`);
    await new Promise((wake) => setTimeout(wake, 200));
  }
}

try {
  await ensureProviders();
  const key = await ensureKey();
  for (const request of REQUESTS) await ask(key, request);
} catch (error) {
  console.error(`error: ${error.message}`);
  process.exit(1);
}

// SPDX-License-Identifier: MIT
// What a provider says it used is in the ledger to the token, one row for each request, and the
// hourly sums are the sums of the rows.

import assert from 'node:assert/strict';
import * as test from 'node:test';
import {
  ANTHROPIC_EVENTS, ANTHROPIC_MESSAGE, CHAT_COMPLETION, CHAT_DONE, CHAT_EVENTS, CHAT_USAGE_EVENT,
  GEMINI_ANSWER, GEMINI_EVENTS, RESPONSE, RESPONSES_EVENTS,
} from './answers.mjs';
import { post, sendJson, startEvents, until, withStack } from './harness.mjs';

// How spec 02 §18 counts: cached input is not input, thoughts are output.
const TOKENS = {
  claude: {
    inputTokens: 1201, outputTokens: 57, cacheReadInputTokens: 3307,
    cacheCreationInputTokens: 419, cacheCreation5mInputTokens: 400, cacheCreation1hInputTokens: 19,
  },
  chat: { inputTokens: 811 - 512, outputTokens: 43, cacheReadInputTokens: 512 },
  responses: { inputTokens: 977 - 256, outputTokens: 61, cacheReadInputTokens: 256 },
  gemini: { inputTokens: 641 - 128, outputTokens: 37 + 11, cacheReadInputTokens: 128 },
};
const MESSAGES = [{ role: 'user', content: 'hi' }];
const CONTENTS = [{ role: 'user', parts: [{ text: 'hi' }] }];
const GEMINI = '/v1beta/models/gemini-2.5-flash';

const CASES = [
  { name: 'claude', path: '/v1/messages', apiType: 'anthropic',
    body: { model: 'claude-sonnet-4-5', max_tokens: 9, messages: MESSAGES } },
  { name: 'claude', path: '/v1/messages', apiType: 'anthropic', isStream: true,
    body: { model: 'claude-sonnet-4-5', max_tokens: 9, messages: MESSAGES, stream: true } },
  { name: 'chat', path: '/v1/chat/completions', apiType: 'openai-chat',
    body: { model: 'gpt-5-mini', messages: MESSAGES } },
  { name: 'chat', path: '/v1/chat/completions', apiType: 'openai-chat', isStream: true,
    body: {
      model: 'gpt-5-mini', messages: MESSAGES, stream: true, stream_options: { include_usage: true },
    } },
  { name: 'responses', path: '/v1/responses', apiType: 'openai-responses',
    body: { model: 'gpt-5.1-codex', input: 'hi' } },
  { name: 'responses', path: '/v1/responses', apiType: 'openai-responses', isStream: true,
    body: { model: 'gpt-5.1-codex', input: 'hi', stream: true } },
  { name: 'gemini', path: `${GEMINI}:generateContent`, apiType: 'gemini',
    model: 'gemini-2.5-flash', body: { contents: CONTENTS } },
  { name: 'gemini', path: `${GEMINI}:streamGenerateContent?alt=sse`, apiType: 'gemini',
    model: 'gemini-2.5-flash', isStream: true, body: { contents: CONTENTS } },
];

const holder = withStack(test);
const providers = {};

function answers(whole, events, more = () => []) {
  return (request, response, body) => {
    if (!request.url.includes(':stream') && !JSON.parse(body).stream) {
      sendJson(response, 200, whole);
      return;
    }
    startEvents(response);
    for (const event of [...events, ...more(body)]) response.write(event);
    response.end();
  };
}

function chatEnd(body) {
  const asked = JSON.parse(body).stream_options?.include_usage;
  return asked ? [CHAT_USAGE_EVENT, CHAT_DONE] : [CHAT_DONE];
}

holder.prepare = async (stack) => {
  const add = async (name, type, answer) => {
    providers[name] = await stack.addProvider(name, type, answer);
  };
  await add('claude', 'claude', answers(ANTHROPIC_MESSAGE, ANTHROPIC_EVENTS));
  await add('chat', 'openai-compatible', answers(CHAT_COMPLETION, CHAT_EVENTS, chatEnd));
  await add('responses', 'codex', answers(RESPONSE, RESPONSES_EVENTS));
  await add('gemini', 'gemini', answers(GEMINI_ANSWER, GEMINI_EVENTS));
};

function rowsOf(stack, user, count) {
  return until(`${count} rows of user ${user.id}`, async () => {
    const rows = await stack.usageLogs(`&userId=${user.id}`);
    return rows.length >= count && rows;
  });
}

for (const one of CASES) {
  const kind = one.isStream ? 'a stream' : 'an answer';
  test.test(`${kind} of ${one.path.split('?')[0]} is one row with its exact tokens`, async () => {
    const { stack } = holder;
    const user = await stack.addUser(`${one.name}-${one.isStream ? 'stream' : 'whole'}`);
    await stack.settled();
    const answer = await post(stack.baseUrl + one.path, user.key, one.body);
    assert.equal(answer.status, 200, answer.text);
    const rows = await rowsOf(stack, user, 1);
    assert.equal(rows.length, 1);
    const [row] = rows;
    const counted = Object.fromEntries(Object.keys(TOKENS[one.name]).map((key) => [key, row[key]]));
    assert.deepEqual(counted, TOKENS[one.name]);
    assert.equal(row.statusCode, 200);
    assert.equal(row.isStream, one.isStream ?? false);
    assert.equal(row.apiType, one.apiType);
    assert.equal(row.endpoint, one.path.split('?')[0]);
    assert.equal(row.model, one.model ?? one.body.model);
    assert.equal(row.providerId, providers[one.name].id);
    assert.equal(row.keyId, user.keyId);
    assert.equal(row.errorMessage, null);
    assert.ok(row.durationMs >= 0 && row.ttftMs <= row.durationMs);
  });
}

test.test('requests that fail are rows as well, with what went wrong', async () => {
  const { stack } = holder;
  const user = await stack.addUser('unlucky');
  await stack.settled();
  const usual = providers.claude.answer;
  providers.claude.answer = (request, response) =>
    sendJson(response, 400, { type: 'error', error: { type: 'invalid_request_error', message: 'no' } });
  try {
    const { path, body } = CASES[0];
    assert.equal((await post(stack.baseUrl + path, user.key, body)).status, 400);
  } finally {
    providers.claude.answer = usual;
  }
  const [row] = await rowsOf(stack, user, 1);
  assert.equal(row.statusCode, 400);
  assert.equal(row.providerId, providers.claude.id);
  assert.notEqual(row.errorMessage, null);
});

test.test('the hourly sums are the sums of the rows, for each way of grouping', async () => {
  const { stack } = holder;
  const user = await stack.addUser('many');
  await stack.settled();
  const count = 60;
  const { path, body } = CASES[0];
  await Promise.all(Array.from({ length: count }, () => post(stack.baseUrl + path, user.key, body)));
  await until('all rows', async () => (await stack.usageHours('user'))
    .filter((hour) => hour.groupId === user.id)
    .reduce((sum, hour) => sum + hour.requests, 0) === count);
  const rows = await stack.usageLogs(`&userId=${user.id}`);
  assert.equal(rows.length, count);
  assert.equal(new Set(rows.map((row) => row.requestId)).size, count);

  const all = await stack.usageLogs();
  const add = (items, field) => items.reduce((sum, item) => sum + (item[field] ?? 0), 0);
  for (const groupBy of ['none', 'user', 'key', 'provider', 'model']) {
    const hours = await stack.usageHours(groupBy);
    assert.equal(add(hours, 'requests'), all.length, groupBy);
    for (const field of Object.keys(TOKENS.claude)) {
      assert.equal(add(hours, field), add(all, field), `${field} by ${groupBy}`);
    }
  }
  const mine = (await stack.usageHours('user')).filter((hour) => hour.groupId === user.id);
  assert.equal(add(mine, 'inputTokens'), count * TOKENS.claude.inputTokens);
  assert.equal(add(mine, 'outputTokens'), count * TOKENS.claude.outputTokens);
});

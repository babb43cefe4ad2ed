// SPDX-License-Identifier: MIT
// The official OpenAI SDK works through the gateway: chat completions and responses.

import assert from 'node:assert/strict';
import * as test from 'node:test';
import OpenAI from 'openai';
import {
  CHAT_COMPLETION, CHAT_DONE, CHAT_EVENTS, CHAT_USAGE, CHAT_USAGE_EVENT, RESPONSE,
  RESPONSES_EVENTS, RESPONSES_USAGE,
} from './answers.mjs';
import { sendJson, startEvents, until, withStack } from './harness.mjs';

const MESSAGES = [{ role: 'user', content: 'What does it do?' }];

const holder = withStack(test);
let chat;
let codex;
let client;

holder.prepare = async (stack) => {
  const none = (request, response) => sendJson(response, 500, { error: 'the test gave no answer' });
  chat = await stack.addProvider('chat', 'openai-compatible', none);
  codex = await stack.addProvider('responses', 'codex', none);
  const user = await stack.addUser('openai-sdk');
  await stack.settled();
  client = new OpenAI({ baseURL: `${stack.baseUrl}/v1`, apiKey: user.key, maxRetries: 0 });
};

test.beforeEach(() => {
  chat.requests.length = 0;
  codex.requests.length = 0;
});

/** A provider of chat completions: with the usage chunk only when it was asked for. */
function streamChat(request, response, body) {
  startEvents(response);
  for (const event of CHAT_EVENTS) response.write(event);
  if (JSON.parse(body).stream_options?.include_usage) response.write(CHAT_USAGE_EVENT);
  response.end(CHAT_DONE);
}

test.test('a chat completion comes back as the provider wrote it', async () => {
  chat.answer = (request, response) => sendJson(response, 200, CHAT_COMPLETION);
  const ask = { model: 'gpt-5-mini', messages: MESSAGES };
  const answer = await client.chat.completions.create(ask);
  assert.equal(answer.choices[0].message.content, 'It flows.');
  assert.deepEqual(answer.usage, CHAT_USAGE);
  assert.equal(chat.requests[0].url, '/v1/chat/completions');
  assert.deepEqual(JSON.parse(chat.requests[0].body), ask);
  assert.equal(chat.requests[0].headers.authorization, 'Bearer secret-of-chat');
});

test.test('a chat stream arrives chunk by chunk', async () => {
  chat.answer = streamChat;
  const stream = await client.chat.completions.create({
    model: 'gpt-5-mini', messages: MESSAGES, stream: true,
  });
  let text = '';
  const chunks = [];
  for await (const chunk of stream) {
    chunks.push(chunk);
    text += chunk.choices[0]?.delta?.content ?? '';
  }
  assert.equal(text, 'It flows.');
  // Whether or not usage is asked of the provider for our own count, the client did not ask.
  assert.equal(chunks.every((chunk) => chunk.choices.length === 1), true);
});

test.test('a client that asks for usage in the stream gets it', async () => {
  chat.answer = streamChat;
  const stream = await client.chat.completions.create({
    model: 'gpt-5-mini', messages: MESSAGES, stream: true, stream_options: { include_usage: true },
  });
  const chunks = [];
  for await (const chunk of stream) chunks.push(chunk);
  assert.deepEqual(chunks.at(-1).usage, CHAT_USAGE);
});

test.test('leaving a stream whose end never comes is in the ledger as such', async () => {
  chat.answer = (request, response) => {
    startEvents(response);
    response.write(CHAT_EVENTS[0]);
    response.write(CHAT_EVENTS[1]);
  };
  const user = await holder.stack.addUser('leaves');
  await holder.stack.settled();
  const impatient = new OpenAI({
    baseURL: `${holder.stack.baseUrl}/v1`, apiKey: user.key, maxRetries: 0,
  });
  const stream = await impatient.chat.completions.create({
    model: 'gpt-5-mini', messages: MESSAGES, stream: true,
  });
  for await (const chunk of stream) {
    if (chunk.choices[0].delta.content) break;
  }
  const open = () => holder.stack.metric('dataplane', 'millrace_abandoned_answers');
  await until('the data plane to see it', async () => (await open()) === 1);
  chat.server.closeAllConnections();
  const [row] = await until('its row', async () => {
    const rows = await holder.stack.usageLogs(`&userId=${user.id}`);
    return rows.length > 0 && rows;
  });
  assert.equal(row.statusCode, 499);
});

test.test('a response comes back as the provider wrote it', async () => {
  codex.answer = (request, response) => sendJson(response, 200, RESPONSE);
  const answer = await client.responses.create({ model: 'gpt-5.1-codex', input: 'Hello' });
  assert.equal(answer.output_text, 'It flows.');
  assert.deepEqual(answer.usage, RESPONSES_USAGE);
  assert.equal(codex.requests[0].url, '/v1/responses');
});

test.test('a stream of a response ends with response.completed', async () => {
  codex.answer = (request, response) => {
    startEvents(response);
    for (const event of RESPONSES_EVENTS) response.write(event);
    response.end();
  };
  const stream = await client.responses.create({
    model: 'gpt-5.1-codex', input: 'Hello', stream: true,
  });
  const seen = [];
  for await (const event of stream) seen.push(event);
  assert.deepEqual(seen.map((event) => event.type), [
    'response.created', 'response.output_text.delta', 'response.output_text.delta',
    'response.completed',
  ]);
  assert.deepEqual(seen.at(-1).response.usage, RESPONSES_USAGE);
});

test.test('chat goes to providers of chat, responses to providers of responses', async () => {
  chat.answer = (request, response) => sendJson(response, 200, CHAT_COMPLETION);
  codex.answer = (request, response) => sendJson(response, 200, RESPONSE);
  await client.chat.completions.create({ model: 'm', messages: MESSAGES });
  await client.responses.create({ model: 'm', input: 'Hello' });
  assert.equal(chat.requests.length, 1);
  assert.equal(codex.requests.length, 1);
});

test.test('a rate limit of the provider arrives with its wording and headers', async () => {
  const body = {
    error: { message: 'Rate limit reached', type: 'requests', param: null, code: 'rate_limit_exceeded' },
  };
  chat.answer = (request, response) =>
    sendJson(response, 429, body, { 'retry-after': '3', 'x-ratelimit-remaining-requests': '0' });
  await assert.rejects(client.chat.completions.create({ model: 'm', messages: MESSAGES }), (error) => {
    assert.ok(error instanceof OpenAI.RateLimitError);
    assert.deepEqual(error.error, body.error);
    assert.equal(error.headers.get('retry-after'), '3');
    assert.equal(error.headers.get('x-ratelimit-remaining-requests'), '0');
    return true;
  });
});

test.test('a wrong key is refused in the shape the SDK reads', async () => {
  const wrong = new OpenAI({
    baseURL: `${holder.stack.baseUrl}/v1`,
    apiKey: 'sk-00000000000000000000000000000000',
    maxRetries: 0,
  });
  await assert.rejects(wrong.chat.completions.create({ model: 'm', messages: MESSAGES }), (error) => {
    assert.ok(error instanceof OpenAI.AuthenticationError);
    assert.equal(typeof error.error.message, 'string');
    assert.equal('param' in error.error, true);
    return true;
  });
  assert.equal(chat.requests.length, 0);
});

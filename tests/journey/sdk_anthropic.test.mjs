// SPDX-License-Identifier: MIT
// The official Anthropic SDK works through the gateway: answers, streams, aborting, errors.

import Anthropic from '@anthropic-ai/sdk';
import assert from 'node:assert/strict';
import * as test from 'node:test';
import { ANTHROPIC_EVENTS, ANTHROPIC_MESSAGE, ANTHROPIC_USAGE } from './answers.mjs';
import { gate, sendJson, startEvents, until, withStack } from './harness.mjs';

const ASK = {
  model: 'claude-sonnet-4-5',
  max_tokens: 64,
  messages: [{ role: 'user', content: 'What does it do?' }],
};

const holder = withStack(test);
let provider;
let client;
let user;

holder.prepare = async (stack) => {
  provider = await stack.addProvider('anthropic', 'claude', (request, response) => {
    sendJson(response, 500, { error: 'the test gave no answer' });
  });
  user = await stack.addUser('anthropic-sdk');
  await stack.settled();
  client = new Anthropic({ baseURL: stack.baseUrl, apiKey: user.key, maxRetries: 0 });
};

test.beforeEach(() => {
  provider.requests.length = 0;
});

test.test('a message comes back as the provider wrote it', async () => {
  provider.answer = (request, response) =>
    sendJson(response, 200, ANTHROPIC_MESSAGE, { 'request-id': 'req_journey' });
  const { data, request_id } = await client.messages.create(ASK).withResponse();
  assert.equal(data.content[0].text, 'It flows.');
  assert.deepEqual(data.usage, ANTHROPIC_USAGE);
  assert.equal(request_id, 'req_journey');
  const [seen] = provider.requests;
  assert.equal(seen.url, '/v1/messages');
  assert.deepEqual(JSON.parse(seen.body), ASK);
});

test.test('the provider gets its own secret and never the key of the client', async () => {
  provider.answer = (request, response) => sendJson(response, 200, ANTHROPIC_MESSAGE);
  await client.messages.create(ASK);
  const [seen] = provider.requests;
  const heads = JSON.stringify(seen.rawHeaders);
  assert.match(heads, /secret-of-anthropic/);
  assert.doesNotMatch(heads, new RegExp(user.key));
  assert.equal(seen.headers['anthropic-version'] !== undefined, true);
});

test.test('a stream arrives event by event', async () => {
  provider.answer = (request, response) => {
    startEvents(response);
    for (const event of ANTHROPIC_EVENTS) response.write(event);
    response.end();
  };
  const seen = [];
  const stream = client.messages.stream(ASK).on('streamEvent', (event) => seen.push(event.type));
  const message = await stream.finalMessage();
  assert.equal(message.content[0].text, 'It flows.');
  assert.equal(message.usage.output_tokens, 57);
  assert.equal(message.usage.cache_read_input_tokens, 3307);
  assert.equal(seen[0], 'message_start');
  assert.equal(seen.at(-1), 'message_stop');
});

// What the provider goes on to say is still charged by it, so it is read to its end.
test.test('a stream the client aborts is read on, and its end is in the ledger', async () => {
  const left = gate();
  provider.answer = async (request, response) => {
    startEvents(response);
    for (const event of ANTHROPIC_EVENTS.slice(0, 5)) response.write(event);
    await left.promise;
    for (const event of ANTHROPIC_EVENTS.slice(5)) response.write(event);
    response.end();
  };
  const other = await holder.stack.addUser('aborts');
  await holder.stack.settled();
  const impatient = new Anthropic({ baseURL: holder.stack.baseUrl, apiKey: other.key, maxRetries: 0 });
  const stream = impatient.messages.stream(ASK);
  stream.on('text', () => stream.abort());
  await assert.rejects(stream.finalMessage(), Anthropic.APIUserAbortError);
  left.open();
  const [row] = await until('its row', async () => {
    const rows = await holder.stack.usageLogs(`&userId=${other.id}`);
    return rows.length > 0 && rows;
  });
  assert.equal(row.statusCode, 200);
  assert.equal(row.outputTokens, 57);
});

test.test('aborting before the first byte closes the connection to the provider', async () => {
  const asked = gate();
  const left = gate();
  provider.answer = (request, response) => {
    response.once('close', left.open);
    asked.open();
  };
  const controller = new AbortController();
  const call = client.messages.create(ASK, { signal: controller.signal });
  call.catch(() => {});
  await asked.promise;
  controller.abort();
  await assert.rejects(call, Anthropic.APIUserAbortError);
  await left.promise;
});

test.test('a refusal of the provider arrives with its status, wording and headers', async () => {
  const body = {
    type: 'error',
    error: { type: 'invalid_request_error', message: 'thinking.budget_tokens: too small' },
    request_id: 'req_refused',
  };
  provider.answer = (request, response) =>
    sendJson(response, 400, body, { 'request-id': 'req_refused' });
  await assert.rejects(client.messages.create(ASK), (error) => {
    assert.ok(error instanceof Anthropic.BadRequestError);
    assert.deepEqual(error.error, body);
    return true;
  });
});

test.test('an overloaded provider is reported as overloaded, with retry-after', async () => {
  provider.answer = (request, response) =>
    sendJson(response, 529, { type: 'error', error: { type: 'overloaded_error', message: 'Overloaded' } },
      { 'retry-after': '7' });
  await assert.rejects(client.messages.create(ASK), (error) => {
    assert.equal(error.status, 529);
    assert.equal(error.headers.get('retry-after'), '7');
    assert.equal(error.error.error.type, 'overloaded_error');
    return true;
  });
});

test.test('the SDK repeats what failed, and the repetition succeeds', async () => {
  let answers = 0;
  provider.answer = (request, response) => {
    answers += 1;
    if (answers === 1) {
      sendJson(response, 529, { type: 'error', error: { type: 'overloaded_error', message: 'no' } },
        { 'retry-after-ms': '1' });
    } else {
      sendJson(response, 200, ANTHROPIC_MESSAGE);
    }
  };
  const message = await client.messages.create(ASK, { maxRetries: 2 });
  assert.equal(message.content[0].text, 'It flows.');
});

test.test('a wrong key is refused in the shape the SDK reads, and no provider hears of it', async () => {
  const wrong = new Anthropic({
    baseURL: holder.stack.baseUrl,
    apiKey: 'sk-00000000000000000000000000000000',
    maxRetries: 0,
  });
  await assert.rejects(wrong.messages.create(ASK), (error) => {
    assert.ok(error instanceof Anthropic.AuthenticationError);
    assert.equal(error.error.type, 'error');
    assert.equal(error.error.error.type, 'invalid_api_key');
    return true;
  });
  assert.equal(provider.requests.length, 0);
});

test.test('a stream that the provider breaks off is not taken for a complete one', async () => {
  provider.answer = (request, response) => {
    startEvents(response);
    for (const event of ANTHROPIC_EVENTS.slice(0, 4)) response.write(event);
  };
  const stream = client.messages.stream(ASK);
  stream.on('text', () => provider.server.closeAllConnections());
  await assert.rejects(stream.finalMessage());
});

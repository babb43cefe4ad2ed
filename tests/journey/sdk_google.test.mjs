// SPDX-License-Identifier: MIT
// Gemini's API works through the gateway: the official SDK (which says /v1) and the path that
// Gemini CLI uses (/v1beta), with the key in either place.

import { ApiError, GoogleGenAI } from '@google/genai';
import assert from 'node:assert/strict';
import * as test from 'node:test';
import { GEMINI_ANSWER, GEMINI_EVENTS, GEMINI_USAGE } from './answers.mjs';
import { sendJson, startEvents, withStack } from './harness.mjs';

const MODEL = 'gemini-2.5-flash';
const CONTENTS = [{ role: 'user', parts: [{ text: 'What does it do?' }] }];

const holder = withStack(test);
let provider;
let user;
let client;

holder.prepare = async (stack) => {
  provider = await stack.addProvider('gemini', 'gemini', (request, response) => {
    if (request.url.includes(':streamGenerateContent')) {
      startEvents(response);
      for (const event of GEMINI_EVENTS) response.write(event);
      response.end();
    } else {
      sendJson(response, 200, GEMINI_ANSWER);
    }
  });
  user = await stack.addUser('google-sdk');
  await stack.settled();
  client = new GoogleGenAI({
    apiKey: user.key,
    httpOptions: { baseUrl: stack.baseUrl, retryOptions: { attempts: 1 } },
  });
};

test.beforeEach(() => {
  provider.requests.length = 0;
});

test.test('the SDK generates content', async () => {
  const answer = await client.models.generateContent({ model: MODEL, contents: CONTENTS });
  assert.equal(answer.text, 'It flows.');
  assert.deepEqual({ ...answer.usageMetadata }, GEMINI_USAGE);
  const [seen] = provider.requests;
  assert.match(seen.url, new RegExp(`^/v1(beta)?/models/${MODEL}:generateContent$`));
  assert.equal(seen.headers['x-goog-api-key'], 'secret-of-gemini');
});

test.test('the SDK streams content', async () => {
  const stream = await client.models.generateContentStream({ model: MODEL, contents: CONTENTS });
  const texts = [];
  let usage;
  for await (const chunk of stream) {
    texts.push(chunk.text);
    usage = chunk.usageMetadata ?? usage;
  }
  assert.deepEqual(texts, ['It ', 'flows.']);
  assert.deepEqual({ ...usage }, GEMINI_USAGE);
});

test.test('the SDK reads a refusal', async () => {
  const wrong = new GoogleGenAI({
    apiKey: 'sk-00000000000000000000000000000000',
    httpOptions: { baseUrl: holder.stack.baseUrl, retryOptions: { attempts: 1 } },
  });
  await assert.rejects(
    wrong.models.generateContent({ model: MODEL, contents: CONTENTS }),
    (error) => {
      assert.ok(error instanceof ApiError);
      assert.equal(error.status, 401);
      return true;
    },
  );
});

for (const version of ['v1beta', 'v1']) {
  test.test(`plain fetch streams over /${version}, byte for byte`, async () => {
    const url = `${holder.stack.baseUrl}/${version}/models/${MODEL}:streamGenerateContent?alt=sse`;
    const answer = await fetch(url, {
      method: 'POST',
      headers: { 'x-goog-api-key': user.key, 'content-type': 'application/json' },
      body: JSON.stringify({ contents: CONTENTS }),
    });
    assert.equal(answer.status, 200);
    assert.equal(await answer.text(), GEMINI_EVENTS.join(''));
    assert.equal(provider.requests[0].url,
      `/${version}/models/${MODEL}:streamGenerateContent?alt=sse`);
  });
}

test.test('a key in the query opens the door and does not travel on', async () => {
  const path = `/v1beta/models/${MODEL}:generateContent`;
  const answer = await fetch(`${holder.stack.baseUrl}${path}?key=${user.key}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ contents: CONTENTS }),
  });
  assert.equal(answer.status, 200);
  assert.deepEqual(await answer.json(), GEMINI_ANSWER);
  const [seen] = provider.requests;
  assert.doesNotMatch(seen.url, /key=/);
  assert.doesNotMatch(JSON.stringify(seen.rawHeaders), new RegExp(user.key));
});

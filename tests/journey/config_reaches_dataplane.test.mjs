// SPDX-License-Identifier: MIT
// A change made over REST is in effect on a running data plane within 250 ms, and while it
// happens no request fails.

import assert from 'node:assert/strict';
import { performance } from 'node:perf_hooks';
import * as test from 'node:test';
import { ANTHROPIC_MESSAGE } from './answers.mjs';
import { post, sendJson, until, withStack } from './harness.mjs';

const LIMIT_MS = 250;
const ASK = { model: 'm', max_tokens: 9, messages: [{ role: 'user', content: 'hi' }] };

const holder = withStack(test);
let url;

const named = (name) => (request, response) =>
  sendJson(response, 200, { ...ANTHROPIC_MESSAGE, id: name });

holder.prepare = async (stack) => {
  url = `${stack.baseUrl}/v1/messages`;
};

/** Milliseconds from the moment the change was answered until `probe` is true. */
async function took(what, probe) {
  const began = performance.now();
  await until(what, probe, { every: 5 });
  return performance.now() - began;
}

function inTime(what, ms) {
  assert.ok(ms <= LIMIT_MS, `${what} took ${ms.toFixed(0)} ms, ${LIMIT_MS} at most`);
}

test.test('a new key works, a disabled one does not, within 250 ms', async () => {
  const { stack } = holder;
  await stack.addProvider('first', 'claude', named('first'));
  const user = await stack.addUser('ann');
  inTime('a new key', await took('the key to work', async () =>
    (await post(url, user.key, ASK)).status === 200));
  const path = `/api/v1/keys/${user.keyId}`;
  await stack.rest('PATCH', path, { name: 'default', isEnabled: false }, { expect: 200 });
  inTime('disabling a key', await took('the key to be refused', async () =>
    (await post(url, user.key, ASK)).status === 401));
  await stack.rest('PATCH', path, { name: 'default', isEnabled: true }, { expect: 200 });
  inTime('enabling a key', await took('the key to work again', async () =>
    (await post(url, user.key, ASK)).status === 200));
});

test.test('changes under load fail no request', async () => {
  const { stack } = holder;
  const user = await stack.addUser('load');
  const second = await stack.addProvider('second', 'claude', named('second'), { priority: 5 });
  await stack.settled();
  const first = stack.providers[0];
  const bad = [];
  let done = 0;
  let stop = false;
  const worker = async () => {
    while (!stop) {
      const answer = await post(url, user.key, ASK);
      done += 1;
      if (answer.status !== 200) bad.push(`${answer.status} ${answer.text}`);
    }
  };
  const workers = [worker(), worker(), worker(), worker()];
  const times = [];
  for (let round = 0; round < 6; round++) {
    const wanted = round % 2 === 0 ? second : first;
    await stack.rest('PATCH', `/api/v1/providers/${second.id}`,
      { priority: round % 2 === 0 ? 0 : 5 }, { expect: 200 });
    await stack.rest('PATCH', `/api/v1/providers/${first.id}`,
      { priority: round % 2 === 0 ? 5 : 0 }, { expect: 200 });
    times.push(await took('the other provider', async () =>
      JSON.parse((await post(url, user.key, ASK)).text).id ===
        (wanted === second ? 'second' : 'first')));
  }
  stop = true;
  await Promise.all(workers);
  assert.deepEqual(bad, []);
  assert.ok(done > 50, `only ${done} requests ran beside the changes`);
  for (const ms of times) inTime('changing priorities', ms);
});

test.test('a deleted provider is no longer asked, and an open stream from it goes on', async () => {
  const { stack } = holder;
  const user = await stack.addUser('open');
  let finish;
  const doomed = await stack.addProvider('doomed', 'claude', (request, response, body) => {
    if (!JSON.parse(body).stream) return named('doomed')(request, response);
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    response.write('event: content_block_delta\ndata: {"type":"content_block_delta"}\n\n');
    finish = () => response.end('event: message_stop\ndata: {"type":"message_stop"}\n\n');
  }, { priority: 0 });
  for (const other of stack.providers.filter((one) => one !== doomed)) {
    await stack.rest('PATCH', `/api/v1/providers/${other.id}`, { priority: 9 }, { expect: 200 });
  }
  await stack.settled();
  const answer = await fetch(url, {
    method: 'POST',
    headers: { 'x-api-key': user.key, 'content-type': 'application/json' },
    body: JSON.stringify({ ...ASK, stream: true }),
  });
  assert.equal(answer.status, 200);
  await stack.rest('DELETE', `/api/v1/providers/${doomed.id}`, undefined, { expect: 204 });
  inTime('deleting a provider', await took('another provider', async () =>
    JSON.parse((await post(url, user.key, ASK)).text).id !== 'doomed'));
  finish();
  assert.match(await answer.text(), /message_stop/);
});

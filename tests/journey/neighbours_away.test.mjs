// SPDX-License-Identifier: MIT
// Whoever is away, traffic goes on; what happened meanwhile is in the ledger once everybody is
// back; and the services say what they miss.

import assert from 'node:assert/strict';
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import * as test from 'node:test';
import { ANTHROPIC_MESSAGE } from './answers.mjs';
import { post, sendJson, until, withStack } from './harness.mjs';

const ASK = { model: 'm', max_tokens: 9, messages: [{ role: 'user', content: 'hi' }] };

const holder = withStack(test);
let stack;
let url;
let user;
let configuredAt;
let sent = 0;

holder.prepare = async () => {
  ({ stack } = holder);
  url = `${stack.baseUrl}/v1/messages`;
  await stack.addProvider('steady', 'claude', (request, response) =>
    sendJson(response, 200, ANTHROPIC_MESSAGE));
  configuredAt = Date.now();
  user = await stack.addUser('steady');
  await stack.settled();
};

async function traffic(count = 10) {
  for (let i = 0; i < count; i++) {
    const answer = await post(url, user.key, ASK);
    assert.equal(answer.status, 200, answer.text);
    sent += 1;
  }
}

/** Every request so far is one row; then no more come. */
async function ledgerIsComplete() {
  const counted = async () => (await stack.usageHours('none'))
    .reduce((sum, hour) => sum + hour.requests, 0);
  await until(`${sent} requests in the ledger`, async () => (await counted()) >= sent,
    { ms: 30_000 });
  assert.equal(await counted(), sent);
  const ids = (await stack.usageLogs(`&userId=${user.id}`)).map((row) => row.requestId);
  assert.equal(new Set(ids).size, ids.length);
}

const partIs = (service, part, wanted) =>
  until(`${service} to see that ${part} is ${wanted ? 'there' : 'away'}`,
    async () => (await stack.parts(service))[part] === wanted, { ms: 20_000 });

/** The file is written at most once a second; wait until it has had time and rests. */
function snapshotIsOnDisk() {
  const file = join(stack.var, 'data/dataplane/last-good-snapshot');
  return until('the snapshot on disk', async () => {
    const { mtimeMs } = await stat(file);
    return mtimeMs > configuredAt && Date.now() - mtimeMs > 2_000;
  }, { every: 100 });
}

const configurationAnswers = () =>
  until('configuration to answer', async () =>
    (await stack.rest('GET', '/api/v1/users')).status === 200);

test.test('everybody is ready at first', async () => {
  for (const name of ['dataplane', 'controlplane', 'statsd']) {
    const ready = await stack.ready(name);
    assert.equal(ready.httpStatus, 200, JSON.stringify(ready));
  }
  await traffic();
  await ledgerIsComplete();
});

test.test('without the control plane traffic goes on and configuration answers 503', async () => {
  await stack.kill('controlplane');
  await partIs('dataplane', 'controlplane', false);
  await traffic();
  const { httpStatus } = await stack.ready('dataplane');
  assert.equal(httpStatus, 200, 'a data plane with a snapshot is ready');
  const users = await stack.rest('GET', '/api/v1/users');
  assert.equal(users.status, 503);
  assert.equal(users.body.errorCode, 'dependency.unavailable');
  assert.equal((await stack.rest('GET', '/api/v1/usage-logs')).status, 200);
  await ledgerIsComplete();
  await stack.start('controlplane');
  await partIs('dataplane', 'controlplane', true);
  await configurationAnswers();
});

test.test('a data plane starts without a control plane, from the last good snapshot', async () => {
  await snapshotIsOnDisk();
  await stack.kill('controlplane');
  await stack.kill('dataplane');
  await stack.start('dataplane');
  await traffic();
  await stack.start('controlplane');
  await partIs('dataplane', 'controlplane', true);
  await configurationAnswers();
  const fresh = await stack.addUser('after-the-cold-start');
  await until('the new key', async () => (await post(url, fresh.key, ASK)).status === 200);
  sent += 1;
  await ledgerIsComplete();
});

test.test('without statsd traffic goes on, and the ledger is complete when it is back', async () => {
  await stack.kill('statsd');
  await partIs('dataplane', 'statsd', false);
  await traffic(20);
  await stack.start('statsd');
  await partIs('dataplane', 'statsd', true);
  await traffic();
  await ledgerIsComplete();
});

test.test('without PostgreSQL traffic goes on, and nothing is lost or counted twice', async () => {
  await stack.stop('postgresql');
  await partIs('statsd', 'postgresql', false);
  await traffic(20);
  const logs = await stack.rest('GET', '/api/v1/usage-logs');
  assert.equal(logs.status, 503);
  assert.equal(logs.body.errorCode, 'dependency.unavailable');
  await stack.start('postgresql');
  await partIs('statsd', 'postgresql', true);
  await partIs('controlplane', 'postgresql', true);
  await traffic();
  await ledgerIsComplete();
  await configurationAnswers();
  const late = await stack.addUser('after-the-database');
  await until('the new key', async () => (await post(url, late.key, ASK)).status === 200);
  sent += 1;
});

test.test('a PostgreSQL that is killed comes back with everything that was confirmed', async () => {
  await traffic();
  await ledgerIsComplete();
  await stack.kill('postgresql');
  await traffic();
  await stack.start('postgresql');
  await ledgerIsComplete();
});

test.test('without Redis traffic goes on', async () => {
  await stack.kill('redis');
  await partIs('dataplane', 'redis', false);
  await traffic();
  const { httpStatus } = await stack.ready('dataplane');
  assert.equal(httpStatus, 200);
  await stack.start('redis');
  await partIs('dataplane', 'redis', true);
  await ledgerIsComplete();
});

test.test('statsd killed in the middle of traffic counts nothing twice', async () => {
  for (let round = 0; round < 3; round++) {
    const running = traffic(15);
    await stack.kill('statsd');
    await running;
    await stack.start('statsd');
  }
  await ledgerIsComplete();
});

test.test('after a kill of all three services, up brings everything back', async () => {
  await ledgerIsComplete();
  for (const name of ['dataplane', 'statsd', 'controlplane']) await stack.kill(name);
  await stack.devOk('up');
  await traffic();
  await ledgerIsComplete();
});

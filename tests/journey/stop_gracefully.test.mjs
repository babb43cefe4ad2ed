// SPDX-License-Identifier: MIT
// SIGTERM lets open streams finish and takes nothing new; the end is clean, or bounded.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import * as test from 'node:test';
import { ANTHROPIC_EVENTS } from './answers.mjs';
import { BINARIES, gate, isAlive, post, run, startEvents, until, withStack } from './harness.mjs';

const ASK = { model: 'm', max_tokens: 9, stream: true, messages: [{ role: 'user', content: 'hi' }] };
const EXIT_CLEAN = 0;
const EXIT_FAILURE = 1;
const EXIT_USAGE = 2;

const holder = withStack(test);
let stack;
let user;
let provider;

holder.prepare = async () => {
  ({ stack } = holder);
  provider = await stack.addProvider('slow', 'claude', () => {});
  user = await stack.addUser('slow');
  await stack.settled();
  await stack.stop('dataplane'); // the tests run one of their own, to see how it ends
};

/** A data plane as our own child, ready for traffic. */
async function dataplane(...args) {
  const child = spawn(join(BINARIES, 'dataplane/millrace-dataplane'),
    ['--config', join(stack.var, 'conf/dataplane.conf'), ...args],
    { stdio: ['ignore', 'ignore', 'pipe'], env: stack.env });
  child.log = '';
  child.stderr.setEncoding('utf8').on('data', (text) => { child.log += text; });
  child.ended = once(child, 'exit').then(([code, signal]) => ({ code, signal }));
  await until('the data plane to be ready', async () =>
    (await stack.ready('dataplane')).httpStatus === 200);
  return child;
}

/** Opens a stream that has begun and ends when finish() is called. */
async function openStream() {
  const end = gate();
  provider.answer = async (request, response) => {
    startEvents(response);
    for (const event of ANTHROPIC_EVENTS.slice(0, 4)) response.write(event);
    await end.promise;
    for (const event of ANTHROPIC_EVENTS.slice(4)) response.write(event);
    response.end();
  };
  const answer = await fetch(`${stack.baseUrl}/v1/messages`, {
    method: 'POST',
    headers: { 'x-api-key': user.key, 'content-type': 'application/json' },
    body: JSON.stringify(ASK),
  });
  assert.equal(answer.status, 200);
  return { answer, finish: end.open };
}

test.test('an open stream ends in peace after SIGTERM, and the exit code is 0', async () => {
  const child = await dataplane();
  const { answer, finish } = await openStream();
  child.kill('SIGTERM');
  await until('the data plane to refuse new connections or say it drains', async () => {
    const ready = await stack.ready('dataplane').catch(() => null);
    return ready === null || ready.httpStatus === 503;
  });
  await until('new requests to be refused', async () => {
    const other = await post(`${stack.baseUrl}/v1/messages`, user.key, ASK).catch(() => null);
    return other === null || other.status === 503;
  });
  finish();
  const text = await answer.text();
  assert.equal(text, ANTHROPIC_EVENTS.join(''));
  assert.deepEqual(await child.ended, { code: EXIT_CLEAN, signal: null }, child.log);
});

test.test('the stream that ended while draining is in the ledger', async () => {
  await until('its row', async () => {
    const rows = await stack.usageLogs(`&userId=${user.id}`);
    return rows.some((row) => row.statusCode === 200 && row.outputTokens === 57);
  });
});

test.test('an idle data plane stops at once', async () => {
  const child = await dataplane();
  const began = Date.now();
  child.kill('SIGTERM');
  assert.deepEqual(await child.ended, { code: EXIT_CLEAN, signal: null }, child.log);
  assert.ok(Date.now() - began < 5_000);
});

test.test('a stream that never ends is cut when drain_timeout is over', async () => {
  const child = await dataplane('--set', 'drain_timeout=300 ms');
  const { answer, finish } = await openStream();
  child.kill('SIGTERM');
  await assert.rejects(answer.text());
  const { code, signal } = await child.ended;
  assert.equal(signal, null);
  assert.equal(code, EXIT_FAILURE, 'it had to be stopped the hard way');
  finish();
});

test.test('a second SIGTERM does not wait', async () => {
  const child = await dataplane();
  const { answer, finish } = await openStream();
  child.kill('SIGTERM');
  await until('draining', async () => {
    const ready = await stack.ready('dataplane').catch(() => null);
    return ready === null || ready.httpStatus === 503;
  });
  child.kill('SIGTERM');
  await assert.rejects(answer.text());
  assert.equal((await child.ended).signal, null);
  finish();
});

for (const name of ['controlplane', 'statsd']) {
  test.test(`${name} stops on SIGTERM and leaves nothing behind`, async () => {
    const pid = await stack.pid(name);
    const out = await stack.devOk('stop', name);
    assert.doesNotMatch(out, /insist|kill/i);
    assert.equal(isAlive(pid), false);
    await stack.start(name);
  });
}

for (const name of ['dataplane', 'controlplane', 'statsd']) {
  const binary = join(BINARIES, name, `millrace-${name}`);

  test.test(`${name} tells its version and how to use it`, async () => {
    const version = await run(binary, ['--version']);
    assert.equal(version.code, EXIT_CLEAN);
    assert.match(version.out, /\d+\.\d+\.\d+/);
    const help = await run(binary, ['--help']);
    assert.equal(help.code, EXIT_CLEAN);
    assert.match(help.out, /--config/);
  });

  test.test(`${name} checks its settings and names the unknown one`, async () => {
    const conf = join(stack.var, `conf/${name}.conf`);
    const good = await run(binary, ['--check', '--config', conf], { env: stack.env });
    assert.equal(good.code, EXIT_CLEAN, good.err);
    const bad = await run(binary, ['--check', '--config', conf, '--set', 'no.such=1'],
      { env: stack.env });
    assert.equal(bad.code, EXIT_USAGE);
    assert.match(bad.err + bad.out, /no\.such/);
  });

  test.test(`${name} prints its settings without a secret`, async () => {
    const conf = join(stack.var, `conf/${name}.conf`);
    const told = await run(binary, ['--print-effective', '--config', conf], { env: stack.env });
    assert.equal(told.code, EXIT_CLEAN, told.err);
    assert.doesNotMatch(told.out, new RegExp(stack.token));
  });
}

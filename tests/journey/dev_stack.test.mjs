// SPDX-License-Identifier: MIT
// deploy/dev does what it says: up, demo, the printed curl line, status, repair, ports, down.

import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile, readdir, stat, writeFile } from 'node:fs/promises';
import net from 'node:net';
import { join } from 'node:path';
import * as test from 'node:test';
import { promisify } from 'node:util';
import { DEV, freePorts, isAlive, run, until, withStack } from './harness.mjs';

const shell = promisify(execFile);
const SERVICES = ['dataplane', 'controlplane', 'statsd'];

const holder = withStack(test);
let stack;

holder.prepare = () => {
  ({ stack } = holder);
};

const curlLine = (text) => text.split('\n').find((line) => /^\s*curl /.test(line)).trim();

test.test('up prints the addresses, the token and a line that works', async () => {
  const out = await stack.devOk('up');
  assert.ok(out.includes(stack.baseUrl));
  assert.ok(out.includes(stack.adminUrl));
  assert.ok(out.includes(stack.token));
  const { stdout } = await shell('bash', ['-c', curlLine(out)]);
  assert.deepEqual(JSON.parse(stdout).items, []);
});

test.test('up again changes nothing that runs', async () => {
  const before = await Promise.all(SERVICES.map((name) => stack.pid(name)));
  await stack.devOk('up');
  const after = await Promise.all(SERVICES.map((name) => stack.pid(name)));
  assert.deepEqual(after, before);
});

test.test('demo prints a line that streams an answer, event by event', async () => {
  const line = curlLine(await stack.devOk('demo'));
  const curl = spawn('bash', ['-c', `exec ${line}`], { stdio: ['ignore', 'pipe', 'ignore'] });
  const pieces = [];
  curl.stdout.on('data', (piece) => pieces.push(piece.toString()));
  await once(curl, 'close');
  const text = pieces.join('');
  assert.match(text, /event: message_start/);
  assert.match(text, /event: message_stop/);
  assert.ok(pieces.length >= 4, `the answer came in ${pieces.length} pieces`);
});

test.test('demo can be repeated: one user, and the key still works', async () => {
  await stack.devOk('demo');
  const { body } = await stack.rest('GET', '/api/v1/users?q=demo');
  assert.equal(body.items.length, 1);
  assert.equal(body.items[0].keys.length, 1);
});

test.test('the requests of demo are in the log', async () => {
  await until('rows', async () => (await stack.usageLogs()).length >= 3);
});

test.test('secrets are closed to other users, and no log has one', async () => {
  const folder = join(stack.var, 'secrets');
  const secrets = [];
  for (const name of await readdir(folder)) {
    const { mode } = await stat(join(folder, name));
    assert.equal(mode & 0o077, 0, `${name} may be read by others`);
    secrets.push(...(await readFile(join(folder, name), 'utf8')).match(/[0-9a-f]{32,}/g));
  }
  assert.ok(secrets.length >= 4);
  for (const name of await readdir(join(stack.var, 'log'))) {
    const text = await readFile(join(stack.var, 'log', name), 'utf8');
    for (const secret of secrets) {
      assert.equal(text.includes(secret), false, `a secret is in ${name}`);
    }
  }
});

test.test('status tells that everything runs, and url the address', async () => {
  const out = await stack.devOk('status');
  for (const name of [...SERVICES, 'postgresql', 'redis', 'provider']) {
    assert.match(out, new RegExp(`${name}\\s+runs`));
  }
  assert.equal((await stack.devOk('url')).trim(), stack.baseUrl);
});

test.test('what up was told about addresses is remembered', async () => {
  const { MILLRACE_PORT, MILLRACE_ADMIN_PORT, ...env } = stack.env;
  assert.ok(MILLRACE_PORT && MILLRACE_ADMIN_PORT);
  const { out } = await run(DEV, ['url'], { env });
  assert.equal(out.trim(), stack.baseUrl);
});

test.test('status fails while something is missing', async () => {
  await stack.kill('statsd');
  const { code, out } = await stack.dev('status');
  assert.equal(code, 1);
  assert.match(out, /statsd\s+does not run/);
});

test.test('up repairs what was killed, and leaves the rest alone', async () => {
  const dataplane = await stack.pid('dataplane');
  await stack.kill('redis');
  await stack.kill('postgresql');
  await stack.devOk('up');
  await stack.devOk('status');
  assert.equal(await stack.pid('dataplane'), dataplane);
  await stack.devOk('demo');
});

test.test('a pid file that names somebody else is not believed', async () => {
  const pid = await stack.pid('dataplane');
  await stack.kill('dataplane');
  await writeFile(join(stack.var, 'pid/dataplane.pid'), `${process.pid} 1 x\n`);
  await stack.devOk('up');
  assert.notEqual(await stack.pid('dataplane'), process.pid);
  assert.notEqual(await stack.pid('dataplane'), pid);
});

test.test('logs shows the log of one service', async () => {
  assert.match(await stack.devOk('logs', 'dataplane'), /event=/);
  const { code, err } = await stack.dev('logs', 'nobody');
  assert.equal(code, 1);
  assert.match(err, /nobody/);
});

test.test('restart gives new processes that work', async () => {
  const before = await stack.pid('dataplane');
  await stack.devOk('restart');
  assert.notEqual(await stack.pid('dataplane'), before);
  await stack.devOk('status');
});

test.test('a taken port is an error that names the port and who has it', async () => {
  const server = net.createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  stack.env = { ...stack.env, MILLRACE_PORT: String(port) };
  const { code, err } = await stack.dev('up');
  server.close();
  stack.env.MILLRACE_PORT = String(stack.port);
  assert.equal(code, 1);
  assert.match(err, new RegExp(`port ${port} is taken by ${process.pid} \\(`));
});

test.test('another port moves the listener', async () => {
  const [port] = await freePorts(1);
  stack.env = { ...stack.env, MILLRACE_PORT: String(port) };
  await stack.devOk('up');
  const answer = await fetch(`http://127.0.0.1:${port}/v1/messages`, { method: 'POST' });
  assert.equal(answer.status, 401);
  await assert.rejects(fetch(`${stack.baseUrl}/v1/messages`, { method: 'POST' }));
});

test.test('a command or port that makes no sense is refused', async () => {
  assert.equal((await stack.dev('dance')).code, 2);
  const usual = stack.env;
  stack.env = { ...usual, MILLRACE_PORT: 'x1' };
  const { code, err } = await stack.dev('up');
  stack.env = usual;
  assert.equal(code, 1);
  assert.match(err, /MILLRACE_PORT/);
});

test.test('down stops everything; up finds the data again', async () => {
  const pids = await Promise.all([...SERVICES, 'postgresql', 'redis', 'provider']
    .map((name) => stack.pid(name)));
  await stack.devOk('down');
  for (const pid of pids) assert.equal(isAlive(pid), false);
  assert.equal((await stack.dev('status')).code, 1);
  await stack.devOk('up');
  const { body } = await stack.rest('GET', '/api/v1/users?q=demo');
  assert.equal(body.items.length, 1);
});

test.test('reset forgets everything, but asks first', async () => {
  const { code } = await stack.dev('reset'); // standard input is empty: no
  assert.equal(code, 1);
  await stack.devOk('reset', '--yes');
  assert.deepEqual((await readdir(stack.var)).filter((name) => !name.startsWith('.')), []);
});

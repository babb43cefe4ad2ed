// SPDX-License-Identifier: MIT
// All services together, from built binaries, in a folder of their own on free ports; and what a
// journey needs to talk to them. Nothing here sleeps for a fixed time: until() asks again.
//
// MILLRACE_BINARIES says which build is tested (build/dev unless set).

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { chmod, mkdtemp, readFile, readdir, rm } from 'node:fs/promises';
import http from 'node:http';
import net from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

export const ROOT = resolve(dirname(fileURLToPath(import.meta.url)), '../..');
export const BINARIES = resolve(process.env.MILLRACE_BINARIES ?? join(ROOT, 'build/dev'));
export const DEV = join(ROOT, 'deploy/dev');
/** Sanitizers slow everything down; limits on waiting grow, limits that are promises do not. */
const PATIENCE = Number(process.env.MILLRACE_PATIENCE ?? 1);

// ---- Waiting ------------------------------------------------------------------------------

/** Calls `probe` until it returns something true; its last error tells what was missing. */
export async function until(what, probe, { ms = 10_000, every = 20 } = {}) {
  const deadline = Date.now() + ms * PATIENCE;
  let last;
  for (;;) {
    try {
      const found = await probe();
      if (found) return found;
      last = undefined;
    } catch (error) {
      last = error;
    }
    if (Date.now() > deadline) {
      throw new Error(`waited ${ms} ms in vain for ${what}`, { cause: last });
    }
    await new Promise((wake) => setTimeout(wake, every));
  }
}

/** A promise and its handles. */
export function gate() {
  let open;
  let fail;
  const promise = new Promise((resolve, reject) => {
    open = resolve;
    fail = reject;
  });
  return { promise, open, fail };
}

export async function freePorts(count) {
  const servers = [];
  for (let i = 0; i < count; i++) {
    const server = net.createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    servers.push(server);
  }
  const ports = servers.map((server) => server.address().port);
  await Promise.all(servers.map((server) => new Promise((done) => server.close(done))));
  return ports;
}

/** Runs a program to its end; returns { code, out, err }. */
export async function run(program, args, options = {}) {
  const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'], ...options });
  let out = '';
  let err = '';
  child.stdout.setEncoding('utf8').on('data', (text) => { out += text; });
  child.stderr.setEncoding('utf8').on('data', (text) => { err += text; });
  const [code] = await once(child, 'close');
  return { code, out, err };
}

// ---- A provider that does what the test says ----------------------------------------------

/**
 * An HTTP server for one test. `answer(request, response, body)` is called for each request; all
 * requests are kept in `.requests` as { method, url, headers, rawHeaders, body }.
 */
export class Provider {
  static async open(answer) {
    const provider = new Provider();
    provider.requests = [];
    provider.answer = answer;
    provider.server = http.createServer((request, response) => provider.take(request, response));
    provider.server.keepAliveTimeout = 60_000;
    provider.server.listen(0, '127.0.0.1');
    await once(provider.server, 'listening');
    provider.url = `http://127.0.0.1:${provider.server.address().port}`;
    return provider;
  }

  async take(request, response) {
    const pieces = [];
    for await (const piece of request) pieces.push(piece);
    const { method, url, headers, rawHeaders } = request;
    const body = Buffer.concat(pieces);
    this.requests.push({ method, url, headers, rawHeaders, body });
    response.on('error', () => {});
    await this.answer(request, response, body);
  }

  async close() {
    this.server.closeAllConnections();
    await new Promise((done) => this.server.close(done));
  }
}

export function sendJson(response, status, body, headers = {}) {
  response.writeHead(status, { 'content-type': 'application/json', ...headers });
  response.end(typeof body === 'string' ? body : JSON.stringify(body));
}

export function startEvents(response, headers = {}) {
  response.writeHead(200, { 'content-type': 'text/event-stream', ...headers });
  response.flushHeaders();
}

// ---- The stack ----------------------------------------------------------------------------

export class Stack {
  /** Starts everything; call close() when done. `settings` are MILLRACE_... variables. */
  static async open(settings = {}) {
    const stack = new Stack();
    stack.var = await mkdtemp(join(tmpdir(), 'millrace-'));
    await chmod(stack.var, 0o711); // PostgreSQL may run as another user
    const [port, adminPort] = await freePorts(2);
    stack.baseUrl = `http://127.0.0.1:${port}`;
    stack.adminUrl = `http://127.0.0.1:${adminPort}`;
    stack.port = port;
    stack.env = {
      ...process.env,
      MILLRACE_VAR: stack.var,
      MILLRACE_PORT: String(port),
      MILLRACE_ADMIN_PORT: String(adminPort),
      MILLRACE_BINARIES: BINARIES,
      ...settings,
    };
    stack.providers = [];
    const { code, out, err } = await stack.dev('up');
    if (code !== 0) {
      const logs = await stack.logs();
      await stack.close();
      throw new Error(`deploy/dev up ended with ${code}\n${out}${err}\n${logs}`);
    }
    stack.token = (await readFile(join(stack.var, 'secrets/admin.token'), 'utf8')).trim();
    return stack;
  }

  dev(...args) {
    return run(DEV, args, { env: this.env });
  }

  async devOk(...args) {
    const { code, out, err } = await this.dev(...args);
    if (code !== 0) throw new Error(`deploy/dev ${args.join(' ')} ended with ${code}\n${out}${err}`);
    return out;
  }

  /** Stops everything; throws when a service had to be killed or a sanitizer found something. */
  async close() {
    for (const provider of this.providers) await provider.close();
    const { err } = await this.dev('down');
    const found = await this.findings();
    await this.dev('reset', '--yes');
    await rm(this.var, { recursive: true, force: true });
    if (/had to be killed/.test(err) || found) throw new Error(`${err}\n${found}`);
  }

  /** What sanitizers wrote into the logs. */
  async findings() {
    const said = /(ERROR: (Address|Leak)Sanitizer|WARNING: ThreadSanitizer|runtime error:)/;
    let text = '';
    for (const name of await readdir(join(this.var, 'log')).catch(() => [])) {
      const log = await readFile(join(this.var, 'log', name), 'utf8');
      const at = log.search(said);
      if (at >= 0) text += `---- ${name}\n${log.slice(at, at + 6000)}\n`;
    }
    return text;
  }

  async logs() {
    let text = '';
    for (const name of await readdir(join(this.var, 'log')).catch(() => [])) {
      const log = await readFile(join(this.var, 'log', name), 'utf8');
      text += `---- ${name}\n${log.split('\n').slice(-60).join('\n')}\n`;
    }
    return text;
  }

  log(name) {
    return readFile(join(this.var, 'log', `${name}.log`), 'utf8');
  }

  // ---- Processes

  async pid(name) {
    const file = name === 'postgresql' ? 'pg/postmaster.pid' : `pid/${name}.pid`;
    return Number.parseInt(await readFile(join(this.var, file), 'utf8'), 10);
  }

  async kill(name, signal = 'SIGKILL') {
    const pid = await this.pid(name);
    process.kill(pid, signal);
    await until(`${name} to be gone`, () => !isAlive(pid));
  }

  async start(name) {
    await this.devOk('start', name);
    if (['dataplane', 'controlplane', 'statsd'].includes(name)) {
      await until(`${name} to be ready`, async () => (await this.ready(name)).httpStatus === 200);
    }
  }

  stop(name) {
    return this.devOk('stop', name);
  }

  /** What /readyz says: { status: the HTTP status, ...the body }. */
  async ready(name) {
    const answer = await overSocket(join(this.var, 'run', `${name}.ops`), '/readyz');
    return { httpStatus: answer.status, ...JSON.parse(answer.text) };
  }

  /** { name: true or false } for each part a service needs. */
  async parts(name) {
    const { parts } = await this.ready(name);
    return Object.fromEntries(parts.map((part) => [part.name, part.ok]));
  }

  async metric(name, family) {
    const { text } = await overSocket(join(this.var, 'run', `${name}.ops`), '/metrics');
    let sum = 0;
    for (const line of text.split('\n')) {
      const match = /^([a-zA-Z_:]+)(\{.*\})? (\S+)/.exec(line);
      if (match?.[1] === family) sum += Number(match[3]);
    }
    return sum;
  }

  // ---- REST

  /** { status, headers, body }; throws when `expect` is given and it is another status. */
  async rest(method, path, body, { expect, headers = {} } = {}) {
    const answer = await fetch(this.adminUrl + path, {
      method,
      headers: {
        authorization: `Bearer ${this.token}`,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...headers,
      },
      body: body === undefined ? undefined : JSON.stringify(body),
    });
    const text = await answer.text();
    if (expect && answer.status !== expect) {
      throw new Error(`${method} ${path}: ${answer.status} instead of ${expect}: ${text}`);
    }
    return {
      status: answer.status,
      headers: answer.headers,
      body: text ? JSON.parse(text) : undefined,
    };
  }

  async addUser(name) {
    const { body } = await this.rest('POST', '/api/v1/users', { name }, { expect: 201 });
    return { id: body.user.id, keyId: body.defaultKey.id, key: body.defaultKey.key };
  }

  /** A scripted provider that is also one of the configuration. */
  async addProvider(name, providerType, answer, more = {}) {
    const provider = await Provider.open(answer);
    this.providers.push(provider);
    const { body } = await this.rest(
      'POST',
      '/api/v1/providers',
      { name, provider_type: providerType, url: provider.url, key: `secret-of-${name}`, ...more },
      { expect: 201 },
    );
    provider.id = body.id;
    return provider;
  }

  /** One value from the database, as its superuser. */
  async sql(query) {
    const { code, out, err } = await run('psql',
      ['-h', join(this.var, 'run/pg'), '-U', 'postgres', '-d', 'millrace', '-XAtqc', query]);
    if (code !== 0) throw new Error(`${query}: ${err}`);
    return out.trim();
  }

  /** Until every data plane runs the configuration that was committed last. */
  async settled() {
    const committed = Number(await this.sql('select version from config_version'));
    return until(`version ${committed} to be everywhere`, async () => {
      const { body } = await this.rest('GET', '/api/v1/system/dataplanes', undefined, {
        expect: 200,
      });
      return body.items.length > 0 && body.items.every((one) => one.snapshotVersion >= committed);
    });
  }

  async usageLogs(query = '') {
    const { body } = await this.rest('GET', `/api/v1/usage-logs?limit=100${query}`, undefined, {
      expect: 200,
    });
    return body.items;
  }

  async usageHours(groupBy = 'none') {
    const hour = 3_600_000;
    const from = new Date(Date.now() - 2 * hour).toISOString();
    const to = new Date(Date.now() + 2 * hour).toISOString();
    const path = `/api/v1/usage/hourly?from=${from}&to=${to}&groupBy=${groupBy}`;
    return (await this.rest('GET', path, undefined, { expect: 200 })).body.items;
  }
}

/** A dead process that nobody has buried yet is not alive. */
export function isAlive(pid) {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    return stat.slice(stat.lastIndexOf(')') + 2, stat.lastIndexOf(')') + 3) !== 'Z';
  } catch {
    return false;
  }
}

/** GET over a unix socket. */
export async function overSocket(socketPath, path) {
  const request = http.get({ socketPath, path, headers: { host: 'localhost' } });
  const [response] = await once(request, 'response');
  let text = '';
  response.setEncoding('utf8');
  for await (const piece of response) text += piece;
  return { status: response.statusCode, headers: response.headers, text };
}

/** POST with a client's key, as a small script would; { status, headers, text }. */
export async function post(url, key, body, headers = {}) {
  const answer = await fetch(url, {
    method: 'POST',
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json', ...headers },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  });
  return { status: answer.status, headers: answer.headers, text: await answer.text() };
}

/**
 * Opens a stack for all tests of a file: the holder's `.stack`, then calls its `.prepare(stack)`,
 * which the file may set. (One hook for both: several at the top of a file do not wait for each
 * other.) When a test fails, the logs of all services are printed.
 */
export function withStack(test, settings) {
  const holder = {};
  let failed = false;
  test.before(async () => {
    holder.stack = await Stack.open(settings);
    try {
      await holder.prepare?.(holder.stack);
    } catch (error) {
      failed = true;
      throw error;
    }
  }, { timeout: 180_000 });
  test.afterEach((t) => {
    failed ||= t.passed === false || t.error != null;
  });
  test.after(async () => {
    if (!holder.stack) return;
    if (failed) console.error(await holder.stack.logs());
    await holder.stack.close();
  }, { timeout: 120_000 });
  return holder;
}

// SPDX-License-Identifier: MIT
// Events reach the client one by one and byte for byte: the provider writes the next event only
// after the client has read the one before it, so a gateway that collects would hang here.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import net from 'node:net';
import * as test from 'node:test';
import { gate, sendJson, startEvents, until, withStack } from './harness.mjs';

// What a strict reader might be tempted to tidy: CRLF, comments, odd spacing, numbers beyond
// 2^53, escapes, an event without data, one in two lines.
const EVENTS = [
  'event: message_start\ndata: {"type":"message_start","message":{"id":"m","usage":{"input_tokens":12345678901234567890}}}\n\n',
  ': keep-alive\n\n',
  'event:ping\r\ndata:{"type": "ping"}\r\n\r\n',
  'data: {"type":"content_block_delta",\ndata: "delta":{"type":"text_delta","text":"\\u00e4 \\/ é 漢 🙂"}}\n\n',
  'id: 7\nretry: 1500\n\n',
  `event: content_block_delta\ndata: {"type":"content_block_delta","delta":{"text":"${'x'.repeat(70_000)}"}}\n\n`,
  'event: message_stop\ndata: {"type":"message_stop"}\n\n',
];
const BODY =
  '{ "model" : "claude-sonnet-4-5", "max_tokens": 12345678901234567890, "stream": true ,\n' +
  ' "messages": [{"role":"user","content":"\\u00e9\\/ 漢"}], "unknown_field": 1.0e2, "model_again": null }';

const holder = withStack(test);
let provider;
let user;

holder.prepare = async (stack) => {
  provider = await stack.addProvider('bytes', 'claude', () => {});
  user = await stack.addUser('bytes');
  await stack.settled();
};

/** A connection that shows bytes as they come. */
async function connect(port) {
  const socket = net.connect(port, '127.0.0.1');
  socket.setNoDelay(true);
  await once(socket, 'connect');
  const line = { socket, bytes: Buffer.alloc(0) };
  socket.on('data', (piece) => { line.bytes = Buffer.concat([line.bytes, piece]); });
  socket.on('error', () => {});
  return line;
}

/** The body so far of an HTTP/1.1 answer in chunks. */
function bodyOf(bytes) {
  const head = bytes.indexOf('\r\n\r\n');
  if (head < 0) return { body: Buffer.alloc(0), ended: false };
  const pieces = [];
  let at = head + 4;
  for (;;) {
    const eol = bytes.indexOf('\r\n', at);
    if (eol < 0) break;
    const size = Number.parseInt(bytes.subarray(at, eol).toString('latin1'), 16);
    if (size === 0) return { body: Buffer.concat(pieces), ended: true };
    pieces.push(bytes.subarray(eol + 2, Math.min(eol + 2 + size, bytes.length)));
    at = eol + 2 + size + 2;
    if (at > bytes.length) break;
  }
  return { body: Buffer.concat(pieces), ended: false };
}

function request(body, key) {
  return [
    'POST /v1/messages HTTP/1.1', 'Host: gateway', `x-api-key: ${key}`,
    'anthropic-version: 2023-06-01', 'Content-Type: application/json',
    `Content-Length: ${Buffer.byteLength(body)}`, '', body,
  ].join('\r\n');
}

test.test('each event arrives before the next one is written, and no byte differs', async () => {
  const steps = EVENTS.map(gate);
  provider.answer = async (incoming, response) => {
    startEvents(response);
    for (const [i, event] of EVENTS.entries()) {
      response.write(event);
      await steps[i].promise;
    }
    response.end();
  };
  const line = await connect(holder.stack.port);
  line.socket.write(request(BODY, user.key));
  let expected = Buffer.alloc(0);
  for (const [i, event] of EVENTS.entries()) {
    expected = Buffer.concat([expected, Buffer.from(event)]);
    // The first events may wait for the first content (until then a failure can still be hidden);
    // from there on each must come alone.
    if (i >= 3) {
      await until(`event ${i}`, () => bodyOf(line.bytes).body.length >= expected.length);
    }
    steps[i].open();
  }
  await until('the end', () => bodyOf(line.bytes).ended);
  assert.ok(bodyOf(line.bytes).body.equals(expected), 'the events are not the provider\'s bytes');
  line.socket.destroy();
});

test.test('the body of the request reaches the provider byte for byte', async () => {
  provider.answer = (incoming, response) => sendJson(response, 200, { type: 'message' });
  const line = await connect(holder.stack.port);
  provider.requests.length = 0;
  line.socket.write(request(BODY, user.key));
  await until('the request', () => provider.requests.length === 1);
  assert.equal(provider.requests[0].body.toString('utf8'), BODY);
  line.socket.destroy();
});

test.test('a slow reader holds the provider back, and loses nothing', async () => {
  const event = `data: {"type":"content_block_delta","text":"${'y'.repeat(65_000)}"}\n\n`;
  const count = 800; // 52 MB, far more than every buffer on the way together
  let written = 0;
  provider.answer = async (incoming, response) => {
    startEvents(response);
    for (; written < count; written++) {
      if (!response.write(event)) await once(response, 'drain');
    }
    response.end('data: {"type":"message_stop"}\n\n');
  };
  const line = await connect(holder.stack.port);
  line.socket.pause();
  line.socket.write(request(BODY, user.key));
  let before = -1;
  await until('the provider to stop writing', () => {
    const stands = written > 0 && written === before;
    before = written;
    return stands;
  }, { every: 300 });
  assert.ok(written < count / 2, `the provider could write ${written} of ${count} events`);
  let length = 0;
  line.socket.removeAllListeners('data');
  line.socket.on('data', (piece) => { length += piece.length; });
  line.socket.resume();
  await until('everything', () => length > count * event.length, { ms: 30_000 });
  assert.equal(written, count);
  line.socket.destroy();
});

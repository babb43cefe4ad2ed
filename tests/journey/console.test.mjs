// SPDX-License-Identifier: MIT
// The console's browser tests (web/e2e) against a whole stack, empty at first.

import assert from 'node:assert/strict';
import { join } from 'node:path';
import * as test from 'node:test';
import { ROOT, run, withStack } from './harness.mjs';

const holder = withStack(test);

test.test('the browser tests of the console pass', { timeout: 600_000 }, async () => {
  const { stack } = holder;
  const env = {
    ...stack.env,
    MILLRACE_BASE_URL: stack.baseUrl,
    MILLRACE_ADMIN_URL: stack.adminUrl,
    MILLRACE_ADMIN_TOKEN: stack.token,
  };
  delete env.NODE_TEST_CONTEXT; // or the inner test runner believes to be a part of this one
  const { code, out, err } = await run('npm', ['run', '--silent', 'e2e'], {
    cwd: join(ROOT, 'web'),
    env,
  });
  console.log(out);
  assert.equal(code, 0, out + err);
  const passed = Number(/pass (\d+)/.exec(out)?.[1] ?? 0);
  assert.ok(passed > 10, `only ${passed} browser tests ran`);
});

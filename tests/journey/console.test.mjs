// SPDX-License-Identifier: MIT
// The console's browser tests (web/e2e) against a whole stack.

import assert from 'node:assert/strict';
import { join } from 'node:path';
import * as test from 'node:test';
import { ROOT, run, withStack } from './harness.mjs';

const holder = withStack(test);

test.test('the browser tests of the console pass', { timeout: 600_000 }, async () => {
  const { stack } = holder;
  await stack.devOk('demo');
  const { code, out, err } = await run('npm', ['run', '--silent', 'e2e'], {
    cwd: join(ROOT, 'web'),
    env: {
      ...stack.env,
      MILLRACE_URL: stack.baseUrl,
      MILLRACE_ADMIN_URL: stack.adminUrl,
      MILLRACE_ADMIN_TOKEN: stack.token,
    },
  });
  assert.equal(code, 0, out + err);
});

// One browser per file, a fresh context per test. Every page is watched: a breach of the content
// policy, an error in the console or a request to another host fails the test that caused it.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { after, before } from "node:test";
import { chromium } from "playwright-core";
import { adminToken, adminUrl, patience } from "./stack.mjs";

const EXECUTABLE = process.env.MILLRACE_CHROMIUM ?? "/usr/bin/chromium";
const ARGS = [
  "--no-sandbox",
  "--no-zygote",
  "--disable-gpu",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];
const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
/** Refusals that a test provokes; the browser logs each as an error of its own. */
const REFUSED = /^Failed to load resource: the server responded with a status of 4\d\d/;
const OUTAGE = /net::ERR_(CONNECTION_REFUSED|CONNECTION_RESET|EMPTY_RESPONSE|ABORTED|FAILED)/;

const LAUNCH_TRIES = 3;

/** A browser that can open a page; on a busy machine one may die while it starts. */
async function launch(args, tries = 1) {
  const browser = await chromium.launch({ executablePath: EXECUTABLE, args });
  try {
    await (await browser.newContext()).close();
    return browser;
  } catch (error) {
    await browser.close().catch(() => {});
    if (tries === LAUNCH_TRIES) throw error;
    return launch(args, tries + 1);
  }
}

/** Call once per file: the browser that its tests share. */
export function withBrowser(args = []) {
  const shared = { browser: null };
  before(async () => {
    shared.browser = await launch([...ARGS, ...args]);
  });
  after(() => shared.browser?.close());
  return shared;
}

/**
 * Opens `path` below `origin`. Options: isSignedIn (default true), width, height, locale of the
 * browser, theme, motion, origin, permissions.
 */
export async function open(shared, t, path, options = {}) {
  const { isSignedIn = true, width = 1440, height = 900, origin = adminUrl } = options;
  const context = await shared.browser.newContext({
    baseURL: origin,
    viewport: { width, height },
    locale: options.locale ?? "en",
    timezoneId: "UTC",
    colorScheme: options.theme ?? "light",
    reducedMotion: options.motion ?? "reduce",
    permissions: options.permissions ?? [],
    extraHTTPHeaders: {},
  });
  context.setDefaultTimeout(10_000 * patience);
  const seen = { problems: [], requests: [] };
  t.after(async () => {
    await context.close();
    assert.deepEqual(seen.problems, [], "the page broke its policy or threw");
    const foreign = seen.requests.filter((url) => !isOwn(url, origin));
    assert.deepEqual(foreign, [], "something was asked of another host");
  });
  await context.exposeBinding("reportViolation", (_source, text) => seen.problems.push(text));
  await context.addInitScript(() => {
    addEventListener("securitypolicyviolation", (event) => {
      window.reportViolation(`policy: ${event.violatedDirective} ${event.blockedURI}`);
    });
  });
  const page = await context.newPage();
  page.on("request", (request) => seen.requests.push(request.url()));
  page.on("pageerror", (error) => seen.problems.push(`thrown: ${error.message}`));
  page.on("console", (message) => {
    const text = message.text();
    if (message.type() !== "error" || REFUSED.test(text) || OUTAGE.test(text)) return;
    seen.problems.push(`console: ${text}`);
  });
  if (isSignedIn) await signInContext(context, origin);
  if (path !== null) await page.goto(path);
  return { page, context, requests: seen.requests };
}

function isOwn(url, origin) {
  return /^(data|blob|about):/.test(url) || new URL(url).host === new URL(origin).host;
}

/** Signs a context in without its page. */
export async function signInContext(context, origin = adminUrl) {
  const answer = await context.request.post(`${origin}/api/v1/auth/login`, {
    data: { key: adminToken },
  });
  assert.equal(answer.status(), 200, await answer.text());
}

/** Waits until the focus is on what `locator` finds: it returns a moment after a layer closed. */
export async function expectFocus(locator) {
  const handle = await locator.elementHandle();
  await locator.page().waitForFunction((element) => element === document.activeElement, handle);
}

/** Signs in as a person does. */
export async function signIn(page, key = adminToken) {
  await page.getByLabel("Admin token").fill(key);
  await page.keyboard.press("Enter");
}

/** No serious or critical finding on the page as it stands. */
export async function expectAccessible(page, what) {
  await page.evaluate(AXE);
  const findings = await page.evaluate(async () => {
    const { violations } = await window.axe.run(document, { resultTypes: ["violations"] });
    return violations
      .filter(({ impact }) => impact === "serious" || impact === "critical")
      .map(({ id, nodes }) => `${id}: ${nodes.map(({ target }) => target.join(" ")).join(", ")}`);
  });
  assert.deepEqual(findings, [], what);
}

/** Every button of a layer can be seen: nothing wide has pushed it out. */
export async function expectButtonsInside(layer) {
  const outside = await layer.evaluate((box) => {
    const { left, right } = box.getBoundingClientRect();
    return [...box.querySelectorAll("button")]
      .map((button) => ({ name: button.textContent, place: button.getBoundingClientRect() }))
      .filter(({ place }) => place.left < left || place.right > right)
      .map(({ name }) => name);
  });
  assert.deepEqual(outside, []);
}

export async function expectNoSidewaysScroll(page, what) {
  const [inner, outer] = await page.evaluate(() => [
    document.documentElement.scrollWidth,
    document.documentElement.clientWidth,
  ]);
  assert.ok(inner <= outer, `${what}: ${inner} px wide in a window of ${outer}`);
}

import assert from "node:assert/strict";
import { test } from "node:test";
import { expectAccessible, expectFocus, open, signIn, withBrowser } from "./helpers/browser.mjs";
import { startGate } from "./helpers/gate.mjs";
import { adminToken, adminUrl, makeUser } from "./helpers/stack.mjs";

const shared = withBrowser(["--host-resolver-rules=MAP console.test 127.0.0.1"]);
const OUT = { isSignedIn: false };

const field = (page) => page.getByLabel("Admin token");
const submit = (page) => page.getByRole("button", { name: "Sign in" });

test("S-001 signed out, the console opens at the sign-in page", async (t) => {
  const { page } = await open(shared, t, "/", OUT);
  await page.waitForURL(/\/login$/);
  await page.getByRole("heading", { level: 1, name: "Sign in" }).waitFor();
  assert.equal(await page.locator("h1").count(), 1);
  await expectFocus(field(page));
  assert.ok(await submit(page).isDisabled());
  await expectAccessible(page, "sign-in");
});

test("S-002 the admin token leads to the dashboard past an overlay that tells of it", async (t) => {
  const { page } = await open(shared, t, "/en/login", OUT);
  const overlay = page.getByRole("dialog", { name: "Signing in" });
  let wasShown = false;
  await page.route("**/api/v1/auth/login", async (route) => {
    await overlay.waitFor();
    wasShown = (await overlay.getByText("Signing in").count()) === 1;
    await route.continue();
  });
  await signIn(page);
  await page.getByRole("heading", { name: "Dashboard" }).waitFor();
  assert.equal(page.url(), `${adminUrl}/en/dashboard`);
  assert.ok(wasShown, "the overlay covered the page while signing in");
});

test("S-003 a wrong key is told, and stays in the field", async (t) => {
  const { page } = await open(shared, t, "/en/login", OUT);
  await signIn(page, "wrong-key");
  await page.getByRole("alert").getByText("This key is wrong").waitFor();
  assert.equal(await field(page).inputValue(), "wrong-key");
  await expectFocus(field(page));
  assert.equal(await page.getByRole("dialog").count(), 0);
});

test("S-004 after too many wrong keys the button waits for a countdown", async (t) => {
  const gate = await startGate(adminUrl, { localAddress: "127.0.0.4" });
  t.after(() => gate.shut());
  const { page } = await open(shared, t, null, { ...OUT, origin: gate.url });
  await page.clock.install();
  await page.goto("/en/login");
  const alert = page.getByRole("alert");
  for (let tries = 0; tries < 12 && !(await alert.getByText("Too many").isVisible()); tries += 1) {
    const answer = page.waitForResponse("**/auth/login");
    await signIn(page, `wrong-${tries}`);
    await answer;
    await page.getByRole("dialog").waitFor({ state: "detached" });
    await alert.waitFor();
  }
  const countdown = alert.getByText(/Try again in \d+ s/);
  await countdown.waitFor();
  assert.ok(await submit(page).isDisabled());
  const seconds = Number(/in (\d+) s/.exec(await countdown.textContent())[1]);
  assert.ok(seconds > 0 && seconds <= 900, `${seconds} s`);
  await page.clock.runFor((seconds + 2) * 1_000);
  await countdown.waitFor({ state: "detached" });
  assert.ok(await submit(page).isEnabled());
});

test("S-005 the eye shows the key and hides it again", async (t) => {
  const { page } = await open(shared, t, "/en/login", OUT);
  await field(page).fill("secret");
  assert.equal(await field(page).getAttribute("type"), "password");
  await page.getByRole("button", { name: "Show key" }).click();
  assert.equal(await field(page).getAttribute("type"), "text");
  await page.getByRole("button", { name: "Hide key" }).click();
  assert.equal(await field(page).getAttribute("type"), "password");
});

test("S-006 signing in leads back to the address that was asked for", async (t) => {
  const { page } = await open(shared, t, "/en/dashboard/logs?statusCode=429", OUT);
  await page.waitForURL(/\/en\/login\?from=/);
  await signIn(page);
  await page.getByText("Status: 429").waitFor();
  assert.equal(page.url(), `${adminUrl}/en/dashboard/logs?statusCode=429`);
});

test("S-007 an address elsewhere is no place to return to", async (t) => {
  for (const from of ["//evil.example/x", "https:%2F%2Fevil.example", "%2F%5Cevil.example"]) {
    const { page } = await open(shared, t, `/en/login?from=${from}`, OUT);
    await signIn(page);
    await page.waitForURL(`${adminUrl}/en/dashboard`);
  }
});

test("S-010 whoever has a console is sent away from the page of those who have none", async (t) => {
  const { page } = await open(shared, t, "/en/my-usage");
  await page.waitForURL(`${adminUrl}/en/dashboard`);
});

test("S-012 after signing out, Back shows no data", async (t) => {
  const { name } = await makeUser("secret-name");
  const { page } = await open(shared, t, "/en/dashboard/users");
  await page.getByRole("searchbox").fill(name);
  await page.waitForURL(/q=/);
  await page.getByText(name).first().waitFor();
  await page.getByRole("button", { name: "Account: Admin Token" }).click();
  await page.getByRole("menuitem", { name: "Sign out" }).click();
  await page.waitForURL(/\/en\/login/);
  await page.goBack();
  await field(page).waitFor();
  assert.match(page.url(), /\/login/);
  assert.equal(await page.getByText(name).count(), 0);
});

test("S-013 a form whose session ended offers its draft after signing in", async (t) => {
  const { page, context } = await open(shared, t, "/en/dashboard/users?create=1");
  const dialog = page.getByRole("dialog", { name: "Add user" });
  await dialog.getByLabel("Name").fill("unfinished");
  await context.clearCookies({ name: "auth-token" });
  await dialog.getByRole("button", { name: "Create user and key" }).click();
  await page.getByText("Your session ended.").waitFor();
  await signIn(page);
  await dialog.getByText("You had unsaved changes").waitFor();
  await dialog.getByRole("button", { name: "Restore" }).click();
  assert.equal(await dialog.getByLabel("Name").inputValue(), "unfinished");
});

test("S-014 a refused token is asked for once more, and the change goes through", async (t) => {
  const user = await makeUser("csrf");
  const { page, requests } = await open(shared, t, `/en/dashboard/users?q=${user.name}`);
  let refusals = 0;
  await page.route(`**/api/v1/users/${user.id}`, async (route) => {
    if (refusals > 0) return route.continue();
    refusals += 1;
    // a token of the day before yesterday, as far as the service is concerned
    const headers = { ...route.request().headers(), "x-millrace-csrf": "1.stale" };
    await route.continue({ headers });
  });
  const toggle = page.getByRole("switch", { name: `${user.name} enabled` });
  await toggle.click();
  const isDone = (response) =>
    response.url().endsWith(`/users/${user.id}`) && response.status() === 200;
  await page.waitForResponse(isDone);
  assert.equal(await toggle.getAttribute("aria-checked"), "false");
  assert.equal(requests.filter((url) => url.endsWith("/auth/csrf")).length, 1);
});

test("S-015 a cookie that the browser drops is explained with two remedies", async (t) => {
  // as with secure cookies switched on; it is the browser that has to drop it
  const change = (bytes) => {
    const text = bytes.toString("latin1");
    return Buffer.from(text.replace(/^(set-cookie: auth-token=.*)\r$/im, "$1; Secure\r"), "latin1");
  };
  const gate = await startGate(adminUrl, { change });
  t.after(() => gate.shut());
  const origin = `http://console.test:${gate.port}`;
  const { page } = await open(shared, t, "/en/login", { ...OUT, origin });
  await signIn(page);
  const warning = page.getByRole("alert");
  await warning.getByText("open with HTTPS").waitFor();
  await warning.getByText("switch secure cookies off").waitFor();
});

test("S-016 no key and no token is left in the browser", async (t) => {
  const { page, requests } = await open(shared, t, "/en/login", OUT);
  await signIn(page);
  await page.getByRole("heading", { name: "Dashboard" }).waitFor();
  const stored = await page.evaluate(() =>
    JSON.stringify([{ ...localStorage }, { ...sessionStorage }]),
  );
  assert.ok(!stored.includes(adminToken), "storage");
  assert.ok(!stored.includes("sk-"), "storage");
  assert.ok(!requests.some((url) => url.includes(adminToken)), "addresses");
  assert.ok(!(await page.evaluate(() => document.cookie)).includes("auth-token"), "cookies");
});

test("S-017 an address that leads nowhere says so inside the shell", async (t) => {
  const { page } = await open(shared, t, "/en/nowhere");
  await page.getByRole("heading", { name: "Not found" }).waitFor();
  await page.getByRole("navigation", { name: "Main" }).waitFor();
  await page.getByRole("status").getByText("Not found").waitFor();
  await page.getByRole("link", { name: "Go to the dashboard" }).click();
  await page.getByRole("heading", { name: "Dashboard" }).waitFor();
});

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { expectAccessible, open, withBrowser } from "./helpers/browser.mjs";
import { startProvider } from "./helpers/provider.mjs";
import { fresh, makeProvider, makeUser, removeProviders, sendRequests } from "./helpers/stack.mjs";

const shared = withBrowser();
const MODEL = fresh("claude-e2e");
let provider;
let user;
before(async () => {
  provider = await startProvider();
  await makeProvider(provider.url);
  user = await makeUser("logs");
  await sendRequests(user.key, 60, MODEL);
});
after(async () => {
  await removeProviders(provider.url);
  provider.close();
});

const own = () => `/en/dashboard/logs?userId=${user.id}`;
const rows = (page) => page.getByRole("rowgroup").nth(1).getByRole("row");
const grid = (page) => page.getByRole("grid", { name: "Request log" });

/** Each request is in the ledger a moment after it was answered. */
async function openOwn(t, shown, options) {
  const opened = await open(shared, t, own(), options);
  await opened.page.getByText(/\d+ requests? loaded/).waitFor();
  if (shown) await opened.page.getByText(shown).waitFor();
  return opened;
}

test("S-042 the log shows the newest first, with what an operator looks for", async (t) => {
  const { page } = await openOwn(t);
  for (const name of ["Time", "User", "Model", "Provider", "Tokens", "Cost", "Status"]) {
    await page.getByRole("columnheader", { name, exact: true }).waitFor();
  }
  assert.equal(await page.getByRole("columnheader", { name: "Client IP" }).count(), 0);
  const first = rows(page).first();
  await first.getByText(user.name).waitFor();
  await first.getByText(MODEL).waitFor();
  await first.getByText("200").waitFor();
  const times = await rows(page)
    .locator("time")
    .evaluateAll((all) => all.map((one) => one.dateTime));
  assert.deepEqual(times, times.toSorted().reverse());
  await expectAccessible(page, "the log");
});

test("S-044 a filter is a chip, and its removal leaves the address without it", async (t) => {
  const { page } = await openOwn(t);
  await page.getByLabel("Filter by status").selectOption("200");
  await page.getByText("Status: 200").waitFor();
  assert.equal(new URL(page.url()).searchParams.get("statusCode"), "200");
  await page.getByRole("button", { name: "Remove filter Status: 200" }).click();
  await page.getByText("Status: 200").waitFor({ state: "detached" });
  await page.getByRole("searchbox").fill(MODEL);
  await page.getByText(`Model: ${MODEL}`).waitFor();
  assert.equal(await page.getByRole("searchbox").inputValue(), MODEL);
  await page.getByRole("button", { name: "Clear filters" }).click();
  await page.waitForURL(/\/dashboard\/logs$/);
});

test("S-049 what the address says wrongly is dropped with a word", async (t) => {
  const { page } = await open(shared, t, `${own()}&statusCode=abc&minRetry=2`);
  await page.getByText("Ignored in the address: statusCode, minRetry").waitFor();
  await page.waitForURL(own());
  await page.getByText(`User: ${user.name}`).waitFor();
});

test("S-050 columns are hidden, shown and moved, and stay so until they are reset", async (t) => {
  const { page } = await openOwn(t);
  const names = () => page.getByRole("columnheader").allInnerTexts();
  await page.getByRole("button", { name: /^Columns/ }).click();
  await page.getByRole("menuitemcheckbox", { name: "Provider" }).click();
  await page.getByRole("menuitemcheckbox", { name: "Client IP" }).click();
  await page.keyboard.press("Escape");
  await page.getByRole("separator", { name: "Width of Cost" }).focus();
  await page.keyboard.press("Alt+ArrowLeft");
  await page.keyboard.press("Alt+ArrowLeft");
  const check = async () => {
    const shown = await names();
    assert.ok(!shown.includes("Provider") && shown.includes("Client IP"), shown.join());
    assert.ok(shown.indexOf("Cost") < shown.indexOf("Tokens"), shown.join());
  };
  await check();
  await page.reload();
  await rows(page).first().waitFor();
  await check();
  await page.getByRole("button", { name: /^Columns/ }).click();
  await page.getByRole("menuitem", { name: "Reset columns" }).click();
  await page.getByRole("columnheader", { name: "Provider" }).waitFor();
  assert.ok(!(await names()).includes("Client IP"));
});

test("S-053 while the reader is elsewhere, new rows wait behind a pill", async (t) => {
  const { page } = await openOwn(t);
  await grid(page).evaluate((box) => box.scrollTo({ top: 1_000 }));
  const place = page.locator("[role=row][aria-rowindex='30']");
  await place.waitFor();
  const text = await place.innerText();
  const box = await place.boundingBox();
  await sendRequests(user.key, 3, MODEL);
  const pill = page.getByRole("button", { name: "3 new" });
  await pill.waitFor({ timeout: 20_000 });
  assert.equal(await place.innerText(), text);
  assert.deepEqual(await place.boundingBox(), box);
  const loaded = page.getByText(/requests loaded/);
  const before = Number.parseInt(await loaded.innerText(), 10);
  await pill.click();
  await pill.waitFor({ state: "detached" });
  assert.equal(await grid(page).evaluate((one) => one.scrollTop), 0);
  assert.equal(Number.parseInt(await loaded.innerText(), 10), before + 3);
});

test("S-054 at the top a new request appears by itself, and not while paused", async (t) => {
  const { page, requests } = await openOwn(t);
  const first = () => rows(page).first().locator("time").getAttribute("datetime");
  const newest = await first();
  await sendRequests(user.key, 1, MODEL);
  await page.waitForFunction(
    (known) => document.querySelector("[role=row][aria-rowindex='2'] time")?.dateTime !== known,
    newest,
    { timeout: 20_000 },
  );
  await page.keyboard.press("p");
  await page.getByRole("button", { name: "Paused" }).waitFor();
  const asked = requests.length;
  await page.waitForTimeout(6_000); // longer than an interval: what must not happen has no event
  assert.equal(requests.length, asked);
});

test("S-062 selecting text in a row does not open it", async (t) => {
  const { page } = await openOwn(t);
  const box = await rows(page).nth(2).locator("time").boundingBox();
  await page.mouse.move(box.x + 1, box.y + box.height / 2);
  await page.mouse.down();
  await page.mouse.move(box.x + box.width, box.y + box.height / 2, { steps: 5 });
  await page.mouse.up();
  assert.notEqual(await page.evaluate(() => getSelection().toString()), "");
  assert.equal(await page.getByRole("dialog").count(), 0);
});

test("S-063 the keyboard walks the rows, opens one, turns to the next, and Back closes", async (t) => {
  const { page } = await openOwn(t);
  await rows(page).nth(3).waitFor();
  await grid(page).focus();
  await page.keyboard.press("j");
  await page.keyboard.press("j");
  await page.keyboard.press("Enter");
  const drawer = page.getByRole("dialog", { name: "Request" });
  await drawer.getByText(MODEL).first().waitFor();
  await expectAccessible(page, "the drawer");
  const opened = new URL(page.url()).searchParams.get("row");
  await page.keyboard.press("]");
  await page.waitForFunction((row) => !location.search.includes(`row=${row}`), opened);
  await page.goBack();
  await drawer.waitFor({ state: "detached" });
  assert.ok(!page.url().includes("row="));
});

test("S-064 the address of an open row opens it elsewhere", async (t) => {
  const { page } = await openOwn(t);
  await rows(page).nth(1).locator("time").click();
  await page.waitForURL(/row=\d+/);
  const { page: other } = await open(shared, t, page.url());
  await other.getByRole("dialog", { name: "Request" }).getByText(user.name).waitFor();
});

test("S-075 a filter without a hit says so and offers a way back", async (t) => {
  const { page } = await open(shared, t, `${own()}&model=no-such-model`);
  await page.getByText("Nothing matches").waitFor();
  await page.getByRole("button", { name: "Clear filters" }).last().click();
  await rows(page).first().waitFor();
});

test("S-180 a column is made wider with the keyboard, and stays so", async (t) => {
  const { page } = await openOwn(t);
  const separator = page.getByRole("separator", { name: "Width of User" });
  const width = async () => Number(await separator.getAttribute("aria-valuenow"));
  const before = await width();
  await separator.focus();
  for (let presses = 0; presses < 3; presses += 1) await page.keyboard.press("ArrowRight");
  assert.equal(await width(), before + 48);
  await page.reload();
  await separator.waitFor();
  assert.equal(await width(), before + 48);
});

test("older requests are fetched as the reader scrolls, in bounded rows", async (t) => {
  const { page } = await openOwn(t, "50 requests loaded");
  await grid(page).focus();
  await page.keyboard.press("End");
  await page.getByText("all loaded").waitFor();
  assert.ok((await rows(page).count()) < 50, "only what is near the window is in the page");
});

test("a poll that changes nothing changes nothing on the page", async (t) => {
  const { page } = await openOwn(t);
  const answered = () => page.waitForResponse((one) => one.url().includes("/usage-logs?"));
  await answered();
  await page.evaluate(() => {
    window.changes = 0;
    const table = document.querySelector("[role=grid]");
    new MutationObserver((list) => {
      window.changes += list.length;
    }).observe(table, { childList: true, subtree: true, characterData: true, attributes: true });
  });
  await answered();
  await answered();
  assert.equal(await page.evaluate(() => window.changes), 0);
});

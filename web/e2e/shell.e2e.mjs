import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import {
  expectAccessible,
  expectFocus,
  expectNoSidewaysScroll,
  open,
  withBrowser,
} from "./helpers/browser.mjs";
import { startGate } from "./helpers/gate.mjs";
import { startProvider } from "./helpers/provider.mjs";
import {
  adminUrl,
  makeProvider,
  makeUser,
  removeProviders,
  sendRequests,
} from "./helpers/stack.mjs";

const shared = withBrowser();
let provider;
let user;
before(async () => {
  provider = await startProvider();
  await makeProvider(provider.url);
  user = await makeUser("shell");
  await sendRequests(user.key, 2);
});
after(async () => {
  await removeProviders(provider.url);
  provider.close();
});

const LANGUAGES = {
  "zh-CN": "简体中文",
  "zh-TW": "繁體中文",
  en: "English",
  ru: "Русский",
  ja: "日本語",
};
const PAGES = ["/dashboard", "/dashboard/logs", "/dashboard/users", "/dashboard/providers"];
/** A message key that was shown instead of its message. */
const RAW_KEY = /\b(shell|nav|logs|users|providers|guide|overview|planes|state|action)\.[a-z]\w+/;

async function settled(page) {
  await page.locator("h1").waitFor();
  await page.waitForLoadState("networkidle");
}

test("S-018 switching the language keeps the filter and the open drawer", async (t) => {
  const { page } = await open(shared, t, `/en/dashboard/logs?userId=${user.id}`);
  await page.getByRole("row").nth(1).locator("time").click();
  await page.getByRole("dialog", { name: "Request" }).waitFor();
  const { search } = new URL(page.url());
  assert.match(search, /userId=\d+&row=\d+/);
  for (const [locale, name] of Object.entries(LANGUAGES)) {
    await page.keyboard.press("Escape");
    await page.getByRole("dialog").waitFor({ state: "detached" });
    await page.locator("header button[aria-haspopup=menu]").first().click();
    await page.getByRole("menuitemradio", { name }).click();
    await page.waitForURL(`**/${locale}/dashboard/logs?userId=${user.id}`);
    await page.locator(`html[lang=${locale}]`).waitFor({ state: "attached" });
    await page.goto(`/${locale}/dashboard/logs${search}`);
    await page.getByRole("dialog").waitFor();
    assert.ok(!RAW_KEY.test(await page.locator("body").innerText()), `raw key in ${locale}`);
  }
});

test("S-019 the first language is the cookie's, else the browser's", async (t) => {
  const { page } = await open(shared, t, "/", { isSignedIn: false, locale: "ja" });
  await page.waitForURL("**/ja/login");
  const { page: other, context } = await open(shared, t, null, { isSignedIn: false, locale: "ja" });
  await context.addCookies([{ name: "NEXT_LOCALE", value: "ru", url: adminUrl }]);
  await other.goto("/");
  await other.waitForURL("**/ru/login");
});

test("S-020 Russian fits: no sideways scroll, no header over another", async (t) => {
  const { page } = await open(shared, t, null, { width: 1024, height: 768 });
  for (const path of PAGES) {
    await page.goto(`/ru${path}`);
    await settled(page);
    await expectNoSidewaysScroll(page, path);
    const overlaps = await page.evaluate(() => {
      const boxes = [...document.querySelectorAll("[role=columnheader]")]
        .map((cell) => cell.getBoundingClientRect())
        .sort((a, b) => a.left - b.left);
      return boxes.slice(1).filter((box, at) => box.left < boxes[at].right - 1).length;
    });
    assert.equal(overlaps, 0, path);
  }
});

test("S-021 dark is dark from the first frame, and follows the system when told to", async (t) => {
  const { page } = await open(shared, t, "/en/dashboard");
  await page.getByRole("button", { name: "Theme" }).click();
  await page.getByRole("menuitemradio", { name: "Dark" }).click();
  await page.addInitScript(() => {
    new MutationObserver((_changes, observer) => {
      if (!document.body) return;
      window.themeAtBody = document.documentElement.dataset.theme;
      observer.disconnect();
    }).observe(document, { childList: true, subtree: true });
  });
  await page.reload();
  await settled(page);
  assert.equal(await page.evaluate(() => window.themeAtBody), "dark");
  await page.getByRole("button", { name: "Theme" }).click();
  await page.getByRole("menuitemradio", { name: "System" }).click();
  await page.locator("html[data-theme=light]").waitFor({ state: "attached" });
  await page.emulateMedia({ colorScheme: "dark" });
  await page.locator("html[data-theme=dark]").waitFor({ state: "attached" });
});

test("S-022 nothing moves for whoever asked for reduced motion", async (t) => {
  const { page } = await open(shared, t, "/en/dashboard", { motion: "reduce" });
  await settled(page);
  assert.equal(await page.evaluate(() => document.getAnimations().length), 0);
});

test("S-023 the first Tab offers to skip to the content", async (t) => {
  const { page } = await open(shared, t, "/en/dashboard");
  await settled(page);
  await page.keyboard.press("Tab");
  const skip = page.getByRole("link", { name: "Skip to content" });
  await skip.waitFor();
  assert.ok(await skip.evaluate((link) => link === document.activeElement));
  await page.keyboard.press("Enter");
  assert.equal(await page.evaluate(() => document.activeElement?.id), "main");
});

test("S-025 the question mark lists the shortcuts, and g l leads to the log", async (t) => {
  const { page } = await open(shared, t, "/en/dashboard");
  await settled(page);
  const account = page.getByRole("button", { name: "Account: Admin Token" });
  await account.focus();
  await page.keyboard.press("?");
  const dialog = page.getByRole("dialog", { name: "Keyboard shortcuts" });
  await dialog.getByText("Next row").waitFor();
  await expectAccessible(page, "the list of shortcuts");
  await page.keyboard.press("Escape");
  await dialog.waitFor({ state: "detached" });
  await expectFocus(account);
  await page.keyboard.press("g");
  await page.keyboard.press("l");
  await page.getByRole("heading", { name: "Request log" }).waitFor();
});

test("S-026 letters typed into a field are letters", async (t) => {
  const { page } = await open(shared, t, "/en/dashboard/users");
  const search = page.getByRole("searchbox");
  await search.click();
  await page.keyboard.type("gl?");
  assert.equal(await search.inputValue(), "gl?");
  assert.equal(await page.getByRole("dialog").count(), 0);
  assert.match(page.url(), /\/dashboard\/users/);
});

test("S-027 on a phone the navigation is a sheet that holds the focus", async (t) => {
  const { page } = await open(shared, t, "/en/dashboard", { width: 375, height: 812 });
  const button = page.getByRole("button", { name: "Open navigation" });
  await button.click();
  const sheet = page.getByRole("dialog");
  for (const name of ["Dashboard", "Request log", "Users and keys", "Providers"]) {
    await sheet.getByRole("link", { name }).waitFor();
  }
  for (let presses = 0; presses < 8; presses += 1) {
    await page.keyboard.press("Tab");
    assert.ok(await sheet.evaluate((box) => box.contains(document.activeElement)));
  }
  await page.keyboard.press("Escape");
  await sheet.waitFor({ state: "detached" });
  await expectFocus(button);
});

test("S-028 a rail that was collapsed stays so, and its icons keep their names", async (t) => {
  const { page } = await open(shared, t, "/en/dashboard");
  await page.getByRole("button", { name: "Collapse navigation" }).click();
  await page.reload();
  await page.getByRole("button", { name: "Expand navigation" }).waitFor();
  const link = page.getByRole("link", { name: "Providers" });
  assert.equal((await link.textContent()).trim(), "");
  await link.hover();
  await page.getByRole("tooltip", { name: "Providers" }).waitFor();
});

test("S-030 a server that went away is waited for, and the numbers come back", async (t) => {
  const gate = await startGate(adminUrl);
  t.after(() => gate.shut());
  const { page } = await open(shared, t, "/en/dashboard", { origin: gate.url });
  await settled(page);
  await gate.shut();
  await page.keyboard.press("r");
  const banner = page.getByText(/Next try in \d+ s/);
  await banner.waitFor();
  const answer = page.waitForResponse((response) => response.url().includes("/usage/hourly"));
  await gate.reopen();
  await banner.waitFor({ state: "detached", timeout: 20_000 });
  assert.equal((await answer).status(), 200);
});

test("S-031 compact rows are 32 px high, also after a reload", async (t) => {
  const { page } = await open(shared, t, "/en/dashboard/logs");
  await page.getByRole("row").nth(1).waitFor();
  await page.getByRole("button", { name: "Account: Admin Token" }).click();
  await page.getByRole("menuitemradio", { name: "Compact" }).click();
  const height = async () => (await page.getByRole("row").nth(2).boundingBox()).height;
  assert.equal(await height(), 32);
  await page.reload();
  await page.getByRole("row").nth(2).waitFor();
  assert.equal(await height(), 32);
});

for (const theme of ["light", "dark"]) {
  test(`S-162 no serious finding on any page, ${theme}`, async (t) => {
    const { page } = await open(shared, t, null, { theme });
    for (const width of [375, 768, 1440]) {
      await page.setViewportSize({ width, height: 900 });
      for (const path of [...PAGES, "/dashboard/users?create=1", "/dashboard/providers?create=1"]) {
        await page.goto(`/en${path}`);
        await settled(page);
        await expectAccessible(page, `${path} at ${width}, ${theme}`);
        await expectNoSidewaysScroll(page, `${path} at ${width}`);
      }
    }
  });
}

test("S-167 what is missing is never answered with the page", async (t) => {
  const { context } = await open(shared, t, null);
  const html = { headers: { accept: "text/html" } };
  const missing = await context.request.get("/assets/nope.js", html);
  assert.equal(missing.status(), 404);
  assert.ok(!(await missing.text()).includes("<html"));
  const page = await context.request.get("/en/dashboard", html);
  assert.equal(page.headers()["cache-control"], "no-cache");
  const text = await page.text();
  const nonce = /name="csp-nonce" content="([^"]+)"/.exec(text)?.[1];
  assert.ok(page.headers()["content-security-policy"].includes(`'nonce-${nonce}'`));
  const asset = await context.request.get(/\/assets\/[^"]+\.js/.exec(text)[0]);
  assert.match(asset.headers()["cache-control"], /immutable/);
});

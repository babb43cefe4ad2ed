// Users, keys and providers: created, changed, switched and deleted.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import {
  expectAccessible,
  expectButtonsInside,
  expectFocus,
  open,
  withBrowser,
} from "./helpers/browser.mjs";
import { startProvider } from "./helpers/provider.mjs";
import {
  ask,
  fresh,
  makeProvider,
  makeUser,
  removeProviders,
  rest,
  until,
} from "./helpers/stack.mjs";

const shared = withBrowser();
const WITH_CLIPBOARD = { permissions: ["clipboard-read", "clipboard-write"] };
let provider;
before(async () => {
  provider = await startProvider();
  await makeProvider(provider.url);
});
after(async () => {
  await removeProviders(provider.url);
  provider.close();
});

const clipboard = (page) => page.evaluate(() => navigator.clipboard.readText());

test("S-094 a new user's key is shown once in full, works, and is a mask afterwards", async (t) => {
  const { page } = await open(shared, t, "/en/dashboard/users", WITH_CLIPBOARD);
  const name = fresh("zoe");
  await page.getByRole("button", { name: "Add user" }).click();
  const form = page.getByRole("dialog", { name: "Add user" });
  await expectFocus(form.getByLabel("Name"));
  await form.getByLabel("Name").fill(name);
  await form.getByLabel("Tags").fill("team-a,");
  await form.getByLabel("Expires").selectOption({ label: "In 30 days" });
  await form.getByRole("button", { name: "Create user and key" }).click();

  const shown = page.getByRole("dialog", { name: "Your new key" });
  const key = (await shown.getByText(/^sk-[0-9a-f]{32}$/).innerText()).trim();
  await expectAccessible(page, "the new key");
  await expectButtonsInside(shown);
  await page.keyboard.press("Escape");
  await page.getByText("You have not copied the key.").waitFor();
  await page.getByRole("button", { name: "Stay" }).click();
  await shown.getByRole("button", { name: "Copy key" }).click();
  assert.equal(await clipboard(page), key);
  await shown.getByRole("button", { name: "I have saved the key" }).click();
  await shown.waitFor({ state: "detached" });

  await page.getByRole("searchbox").fill(name);
  await page.getByText("in 30 days").waitFor();
  await page.getByRole("button", { name: `Show the keys of ${name}` }).click();
  await page.getByText(`${key.slice(0, 4)}••••••${key.slice(-4)}`).waitFor();
  assert.ok(!(await page.content()).includes(key), "the key is nowhere on the page");
  await until("the key to be accepted", async () => (await ask(key)) === 200);
});

test("S-104 a user is deleted only after the name was typed", async (t) => {
  const user = await makeUser("gone");
  const { page } = await open(shared, t, `/en/dashboard/users?q=${user.name}`);
  await page.getByRole("button", { name: `Delete ${user.name}` }).click();
  const dialog = page.getByRole("dialog", { name: `Delete user ${user.name}?` });
  const confirm = dialog.getByRole("button", { name: "Delete" });
  assert.ok(await confirm.isDisabled());
  await dialog.getByRole("textbox").fill(user.name.slice(0, -1));
  assert.ok(await confirm.isDisabled());
  await dialog.getByRole("textbox").fill(user.name);
  await confirm.click();
  await page.getByText(`${user.name} was deleted.`).waitFor();
  await page.getByText("Nothing matches").waitFor();
  await until("the key to be refused", async () => (await ask(user.key)) === 401);
});

test("S-109 Escape with changes asks, and staying keeps them", async (t) => {
  const user = await makeUser("dirty");
  const { page } = await open(shared, t, `/en/dashboard/users?q=${user.name}&edit=${user.id}`);
  const dialog = page.getByRole("dialog", { name: `Edit ${user.name}` });
  await dialog.getByLabel("Note").fill("half a thought");
  await page.keyboard.press("Escape");
  await page.getByText("Your changes are not saved yet.").waitFor();
  await page.getByRole("button", { name: "Stay" }).click();
  assert.equal(await dialog.getByLabel("Note").inputValue(), "half a thought");
  await page.keyboard.press("Control+Enter");
  await page.getByText(`${user.name} was saved.`).waitFor();
  assert.equal((await rest("GET", `/api/v1/users/${user.id}`)).note, "half a thought");
});

test("a change that somebody else made first is not overwritten", async (t) => {
  const user = await makeUser("race");
  const { page } = await open(shared, t, `/en/dashboard/users?edit=${user.id}`);
  const dialog = page.getByRole("dialog", { name: `Edit ${user.name}` });
  await dialog.getByLabel("Note").fill("mine");
  await rest("PATCH", `/api/v1/users/${user.id}`, { note: "theirs" });
  await dialog.getByRole("button", { name: "Save" }).click();
  await dialog.getByText("Somebody else changed this meanwhile.").waitFor();
  assert.equal(await dialog.getByLabel("Note").inputValue(), "mine");
  assert.equal((await rest("GET", `/api/v1/users/${user.id}`)).note, "theirs");
});

test("a second key is created, switched off and deleted", async (t) => {
  const user = await makeUser("keys");
  const { page } = await open(shared, t, `/en/dashboard/users?q=${user.name}`, WITH_CLIPBOARD);
  await page.getByRole("button", { name: `Create a key for ${user.name}` }).click();
  const form = page.getByRole("dialog", { name: "Create key" });
  await form.getByLabel("Key name").fill("default");
  await form.getByRole("button", { name: "Create key" }).click();
  await form.getByText("The name default is in use already.").waitFor();
  await form.getByLabel("Key name").fill("laptop");
  await form.getByRole("button", { name: "Create key" }).click();
  const shown = page.getByRole("dialog", { name: "Your new key" });
  await shown.getByRole("button", { name: "Copy key" }).click();
  const key = await clipboard(page);
  await shown.getByRole("button", { name: "I have saved the key" }).click();
  await until("the key to be accepted", async () => (await ask(key)) === 200);

  await page.getByRole("button", { name: `Show the keys of ${user.name}` }).click();
  await page.getByRole("switch", { name: "laptop enabled" }).click();
  await until("the key to be refused", async () => (await ask(key)) === 401);
  await page.getByRole("button", { name: "Delete laptop" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Delete" }).click();
  await page.getByText("laptop was deleted.").waitFor();
});

test("the only key of a user is not deleted, and the reason is told", async (t) => {
  const user = await makeUser("last");
  const { page } = await open(shared, t, `/en/dashboard/users?q=${user.name}`);
  await page.getByRole("button", { name: `Show the keys of ${user.name}` }).click();
  await page.getByRole("button", { name: "Delete default" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByRole("button", { name: "Delete" }).click();
  await dialog.getByText("This is the only enabled key of its user.").waitFor();
});

test("S-120 a provider without a name is not saved, and the field says why", async (t) => {
  const { page } = await open(shared, t, "/en/dashboard/providers?create=1");
  const form = page.getByRole("dialog", { name: "Add provider" });
  await form.getByLabel("Address").fill(provider.url);
  await form.getByLabel("Provider key").fill("secret");
  await form.getByRole("button", { name: "Add provider" }).click();
  await form.getByText("This field is required.").waitFor();
  await expectFocus(form.getByLabel("Name"));
  await expectAccessible(page, "a form with an error");
});

test("a provider is created, changed and deleted, and its key is never shown", async (t) => {
  const { page } = await open(shared, t, "/en/dashboard/providers");
  const name = fresh("made");
  const secret = fresh("provider-secret");
  await page.getByRole("button", { name: "Add provider" }).click();
  const form = page.getByRole("dialog", { name: "Add provider" });
  await form.getByLabel("Name").fill(name);
  await form.getByLabel("Address").fill(`${provider.url}/base`);
  await form.getByLabel("Provider key").fill(secret);
  await form.getByLabel("Weight").fill("500");
  await form.getByRole("button", { name: "Add provider" }).click();
  await form.getByText("A whole number from 1 to 100.").waitFor();
  await form.getByLabel("Weight").fill("7");
  await form.getByRole("button", { name: "Add provider" }).click();
  await page.getByText(`${name} was saved.`).waitFor();

  await page.getByRole("button", { name: `Edit ${name}` }).click();
  const edit = page.getByRole("dialog", { name: `Edit ${name}` });
  await edit.getByLabel("Priority").fill("3");
  await edit.getByRole("button", { name: "Save" }).click();
  await edit.waitFor({ state: "detached" });
  const { items } = await rest("GET", `/api/v1/providers?q=${name}`);
  assert.deepEqual([items[0].weight, items[0].priority], [7, 3]);
  assert.ok(!(await page.content()).includes(secret));

  await page.getByRole("switch", { name: `${name} enabled` }).click();
  await until("the switch to be stored", async () => {
    const list = await rest("GET", `/api/v1/providers?q=${name}`);
    return list.items[0].isEnabled === false;
  });
  await page.getByRole("button", { name: `Delete ${name}` }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Delete" }).click();
  await page.getByText(`${name} was deleted.`).waitFor();
});

test("what the server refuses stands under its field, in the reader's language", async (t) => {
  const { page } = await open(shared, t, "/ja/dashboard/users?create=1");
  const dialog = page.getByRole("dialog");
  await page.route("**/api/v1/users?*", (route) => route.continue());
  await page.route("**/api/v1/users", async (route) => {
    // past the form's own rules, so that the service is the one to refuse
    const body = { ...route.request().postDataJSON(), name: "x".repeat(65) };
    await route.continue({ postData: JSON.stringify(body) });
  });
  await dialog.getByLabel("名前").fill("short");
  await dialog.getByRole("button", { name: "ユーザーとキーを作成" }).click();
  await dialog.getByText(/大きすぎるか長すぎます/).waitFor();
  await expectFocus(dialog.getByLabel("名前"));
});

test("S-170 a list that is refused is explained, without asking again and again", async (t) => {
  const { page, requests } = await open(shared, t, null);
  await page.route("**/api/v1/providers?*", (route) =>
    route.fulfill({
      status: 403,
      contentType: "application/problem+json",
      body: JSON.stringify({
        type: "urn:millrace:problem:auth.forbidden",
        title: "Forbidden",
        status: 403,
        detail: "forbidden",
        instance: "/api/v1/providers",
        errorCode: "auth.forbidden",
        requestId: "req-403",
      }),
    }),
  );
  await page.goto("/en/dashboard/providers");
  await page.getByText("Your account may not do this.").waitFor();
  await page.getByText("req-403").waitFor();
  await page.waitForLoadState("networkidle");
  assert.equal(requests.filter((url) => url.includes("/api/v1/providers")).length, 1);
});

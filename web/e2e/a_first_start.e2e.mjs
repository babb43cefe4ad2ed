// From a fresh stack to a command that works. Runs first, as it looks at an empty console.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { after, before, test } from "node:test";
import { promisify } from "node:util";
import { expectAccessible, expectButtonsInside, open, withBrowser } from "./helpers/browser.mjs";
import { startProvider } from "./helpers/provider.mjs";
import {
  adminUrl,
  baseUrl,
  fresh,
  makeProvider,
  makeUser,
  removeProviders,
  rest,
  until,
} from "./helpers/stack.mjs";

const run = promisify(execFile);
const shared = withBrowser();
const WITH_CLIPBOARD = { permissions: ["clipboard-read", "clipboard-write"] };
let provider;
before(async () => {
  provider = await startProvider();
});
after(async () => {
  await removeProviders(provider.url);
  provider.close();
});

async function isEmpty() {
  const lists = await Promise.all(
    ["providers", "users", "usage-logs"].map((name) => rest("GET", `/api/v1/${name}?limit=1`)),
  );
  return lists.every((list) => list.items.length === 0);
}

/** Copies the curl line as a person would, and runs it in a shell. */
async function runCopiedCommand(page) {
  const block = page
    .getByRole("figure")
    .filter({ has: page.getByRole("region", { name: "curl" }) });
  await block.getByRole("button", { name: "Copy" }).click();
  const command = await page.evaluate(() => navigator.clipboard.readText());
  assert.match(command, /^curl -N /);
  let answer = "";
  // a key that was made this instant may take a moment to reach the data plane
  await until("the copied command to stream", async () => {
    answer = (await run("sh", ["-c", `${command} -sS`])).stdout;
    return answer.includes("message_stop");
  });
  return answer;
}

test("the guide leads from nothing to a command that works", async (t) => {
  if (!(await isEmpty())) return t.skip("this stack has data already");
  const { page } = await open(shared, t, "/en/dashboard", WITH_CLIPBOARD);
  const guide = page.getByRole("region", { name: "First steps" });
  await guide.getByText("Add a provider").waitFor();
  await expectAccessible(page, "the guide");

  await guide.getByLabel("Name").fill(fresh("guided"));
  await guide.getByLabel("Address").fill(provider.url);
  await guide.getByLabel("Provider key").fill("scripted");
  await guide.getByRole("button", { name: "Add provider" }).click();

  await guide.getByRole("button", { name: "Create user and key" }).waitFor();
  await guide.getByLabel("Name").fill(fresh("guided"));
  await guide.getByRole("button", { name: "Create user and key" }).click();

  await guide.getByText("Waiting for the first request").waitFor();
  await expectAccessible(page, "the guide's last step");
  await expectButtonsInside(guide);
  assert.match(await runCopiedCommand(page), /Hello\./);
  await guide.getByText("The first request arrived.").waitFor();

  await guide.getByRole("link", { name: "See the request log" }).click();
  await page.getByRole("row").nth(1).getByText("200").waitFor();
});

test("connecting a client later makes a new key and a command that works", async (t) => {
  await makeProvider(provider.url);
  await makeUser();
  const { page } = await open(shared, t, "/en/dashboard?guide=open", WITH_CLIPBOARD);
  const guide = page.getByRole("region", { name: "First steps" });
  const command = guide.getByRole("region", { name: "curl" });
  await command.getByText("$MILLRACE_KEY").waitFor();
  await guide.getByRole("button", { name: "Create a key" }).click();
  await command.getByText(/sk-[0-9a-f]{32}/).waitFor();
  assert.ok((await command.textContent()).includes(baseUrl), "the command goes to the data plane");
  const { items } = await rest("GET", "/api/v1/providers?limit=1");
  // only a provider that speaks Anthropic answers the events that are looked for
  if (items[0].providerType === "claude") await runCopiedCommand(page);

  for (const [name, text] of [
    ["Claude Code", /ANTHROPIC_BASE_URL=.*\nexport ANTHROPIC_AUTH_TOKEN=sk-[0-9a-f]{32}/],
    ["Codex", /wire_api="responses"/],
    ["Gemini CLI", /GOOGLE_GEMINI_BASE_URL=/],
  ]) {
    await guide.getByRole("tab", { name }).click();
    assert.match(await guide.getByRole("region", { name }).textContent(), text);
  }
});

test("the guide stays closed once it was put away", async (t) => {
  const { page } = await open(shared, t, "/en/dashboard?guide=open");
  await page.getByRole("button", { name: "Close the guide" }).click();
  await page.waitForURL(`${adminUrl}/en/dashboard`);
  await page.reload();
  await page.getByRole("button", { name: "Connect a client" }).waitFor();
  assert.equal(await page.getByRole("region", { name: "First steps" }).count(), 0);
});

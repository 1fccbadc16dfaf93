import { ScratchPlatform } from "@canfar/testing/scratch-platform";
import { chromium } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { findProgram } from "../tools/system-packages.ts";
import { runInKernel, runInTerminal } from "../tools/tour/notebook.ts";
import { created, list } from "./sessions.ts";

const browser = findProgram("chromium");
const CHROMIUM_FLAGS = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];
const BUILD_TIMEOUT_MS = 20 * 60_000;
let platform: ScratchPlatform;
let id = "";

beforeAll(async () => {
  platform = await ScratchPlatform.start();
  await platform.login();
});
afterAll(() => platform.remove());

test(
  "a notebook is Running once its image is built and JupyterLab answers",
  async () => {
    [id = ""] = await created(platform, ["notebook", "skaha/astroml:latest"]);
    const status = async () => (await list(platform)).find((each) => each.id === id)?.status;
    await expect.poll(status, { timeout: BUILD_TIMEOUT_MS, interval: 200 }).toBe("Running");
  },
  BUILD_TIMEOUT_MS,
);

async function access() {
  const connectUrl = (await list(platform)).find((each) => each.id === id)?.connectURL ?? "";
  return { connectUrl, bearer: (await platform.canfar(["auth", "token"])).stdout.trim() };
}

test("kernels and terminals work through the proxy", async () => {
  expect(await runInKernel(await access(), "import os; print(os.environ['skaha_sessionid'])")).toBe(
    `${id}\n`,
  );
  await runInTerminal(await access(), "echo $((40 + 2))-there", "42-there");
});

test("a stranger who has the address does not get in", async () => {
  const { connectUrl } = await access();
  const page = await fetch(connectUrl, { redirect: "manual" });
  expect([302, 303, 401, 403]).toContain(page.status);
  const api = await fetch(new URL(`/session/notebook/${id}/api/kernels?token=${id}`, connectUrl));
  expect(api.status).toBe(401);
});

test("a notebook survives a kill -9 of the server, kernel state included", async () => {
  const before = await access();
  await platform.kill();
  await platform.up();
  expect((await list(platform)).find((each) => each.id === id)?.status).toBe("Running");
  const after = await access();
  expect(new URL(after.connectUrl).pathname).toBe(new URL(before.connectUrl).pathname);
  expect(await runInKernel(after, "print(1 + 1)")).toBe("2\n");
});

test.skipIf(browser === null)(
  "open brings the browser straight into JupyterLab (needs chromium)",
  async () => {
    const url = (await platform.canfar(["open", "--print", id])).stdout.trim();
    const chrome = await chromium.launch({ executablePath: browser ?? "", args: CHROMIUM_FLAGS });
    try {
      const page = await chrome.newPage();
      await page.goto(url);
      await page.locator("#jp-main-dock-panel, .jp-LauncherBody").first().waitFor({ timeout: 60_000 });
      expect(page.url()).toContain(`/session/notebook/${id}/lab`);
      expect(page.url()).not.toContain("ticket=");
      const again = await chrome.newContext();
      const used = await again.newPage();
      await used.goto(url);
      expect(used.url()).toContain("/login");
    } finally {
      await chrome.close();
    }
  },
);

import { existsSync } from "node:fs";
import { chromium } from "playwright-core";
import { expect, test } from "vitest";
import { RouteTable } from "../route-table.ts";
import { ask, eventually, open, type Reply, read, startRig, startSession, stop } from "../test-rig.ts";
import { html } from "./html.ts";
import { duration } from "./starting.ts";

const page = "/session/notebook/abcd1234/lab";
const progress = "/session/notebook/abcd1234/.canfar/progress";
const browser = { Accept: "text/html,*/*;q=0.8" };
const CHROMIUM = "/usr/bin/chromium";
const FLAGS = [
  "--headless",
  "--no-sandbox",
  "--disable-gpu",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

function headingOf({ body }: Reply): string | undefined {
  return /<h1>(.*)<\/h1>/.exec(body)?.[1];
}

test("while a Session starts, a browser gets the waiting page and a program a line with Retry-After", async () => {
  let now = 0;
  await using rig = await startRig({ routes: new RouteTable({ now: () => now }) });
  rig.route("abcd1234", null, { message: "Pulling image" });
  now = 125_000;
  const waiting = await ask(rig.port, page, { headers: browser });
  expect([waiting.status, waiting.headers["retry-after"]]).toEqual([503, "2"]);
  expect(headingOf(waiting)).toBe("Your session is starting");
  expect(waiting.body).toMatch(/aria-live="polite">Pulling image</);
  expect(waiting.body).toContain(">2 min 5 s</span> ago");
  expect(waiting.body).toContain('<noscript><meta http-equiv="refresh" content="3"></noscript>');
  const text = await ask(rig.port, page);
  expect([text.status, text.body]).toEqual([503, "session abcd1234 is starting: Pulling image\n"]);
  expect(text.headers["x-canfar-code"]).toBe("session.not_ready");
});

test("ended, unknown, unreachable: each page says what is the matter and what to do", async () => {
  let now = 0;
  await using session = await startSession((request) => void request.socket.destroy());
  await using rig = await startRig({ routes: new RouteTable({ now: () => now }) });
  rig.route("abcd1234", null, { state: "ended", message: "Out of memory" });
  rig.route("wxyz1234", session);
  now = 60_000;
  const ended = await ask(rig.port, page, { headers: browser });
  expect([ended.status, headingOf(ended)]).toEqual([410, "This session has ended"]);
  expect(ended.body).toMatch(/Out of memory[\s\S]*canfar logs abcd1234/);
  const unknown = await ask(rig.port, "/session/notebook/nosuchid/", { headers: browser });
  expect([unknown.status, headingOf(unknown)]).toEqual([404, "There is no session here"]);
  const unreachable = await ask(rig.port, "/session/notebook/wxyz1234/", { headers: browser });
  expect([unreachable.status, headingOf(unreachable)]).toEqual([502, "This session does not answer"]);
  expect(unreachable.body).toContain("canfar logs wxyz1234");
});

test("everything that comes from outside is escaped; only the page's own style and script may run", async () => {
  await using rig = await startRig();
  rig.route("abcd1234", null, { message: `<script>alert("1")</script>&'` });
  const { body, headers } = await ask(rig.port, page, { headers: browser });
  expect(body).toContain("&#60;script&#62;alert(&#34;1&#34;)&#60;/script&#62;&#38;&#39;");
  expect(body).not.toContain("<script>");
  const nonce = /'nonce-([^']+)'/.exec(String(headers["content-security-policy"]))?.[1];
  expect(body.match(/<(script|style) [^>]*>/g)).toEqual([
    `<style nonce="${nonce}">`,
    `<script nonce="${nonce}">`,
  ]);
  expect(headers["content-security-policy"]).toContain("default-src 'none'");
  const again = await ask(rig.port, page, { headers: browser });
  expect(again.body).not.toContain(String(nonce));
  expect(body).not.toMatch(/(src|href)="(https?:)?\/\//);
});

test("HEAD gets a page's headers and no body", async () => {
  await using rig = await startRig();
  rig.route("abcd1234", null);
  const { status, headers, body } = await ask(rig.port, page, { method: "HEAD", headers: browser });
  expect([status, body, Number(headers["content-length"]) > 1000]).toEqual([503, "", true]);
});

test("the progress stream says each change, and ready only when the port takes connections", async () => {
  const session = await startSession(() => {});
  const closed = session.address() as { port: number };
  await stop(session);
  await using rig = await startRig();
  const route = rig.route("abcd1234", null, { message: "Waiting" });
  const stream = await open(rig.port, progress);
  expect(stream.headers["content-type"]).toBe("text/event-stream");
  let text = "";
  stream.on("data", (chunk) => {
    text += chunk;
  });
  await eventually(() => text.includes('"message":"Waiting"'));
  rig.routes.set({ ...route, message: "Pulling" });
  await eventually(() => text.includes('"message":"Pulling"'));
  rig.routes.set({
    ...route,
    state: "ready",
    target: { host: "127.0.0.1", port: closed.port },
    message: "Opening",
  });
  await eventually(() => text.includes('"message":"Opening"'));
  expect(text).not.toContain('"ready"');
  await using late = await startSession(() => {});
  rig.route("abcd1234", late, { message: "Open" });
  await eventually(() => stream.readableEnded);
  expect(text.trim().split("\n").at(-1)).toBe('data: {"state":"ready","message":"Open"}');
});

test.each([
  [
    "ended",
    (routes: RouteTable) => {
      const route = routes.get("abcd1234");
      if (route !== undefined) routes.set({ ...route, state: "ended" });
    },
  ],
  ["gone", (routes: RouteTable) => routes.remove("abcd1234")],
])("the progress stream ends when the Session is %s", async (state, change) => {
  await using rig = await startRig();
  rig.route("abcd1234", null);
  const stream = await open(rig.port, progress);
  const text = read(stream);
  change(rig.routes);
  expect((await text).trim().split("\n").at(-1)).toContain(`"state":"${state}"`);
});

test("the progress stream is guarded like everything else, and forgotten when its reader leaves", async () => {
  await using closed = await startRig({ admit: async () => ({ kind: "deny" }) });
  closed.route("abcd1234", null);
  expect((await ask(closed.port, progress)).status).toBe(403);
  await using rig = await startRig();
  const route = rig.route("abcd1234", null);
  const streams = await Promise.all(Array.from({ length: 20 }, () => open(rig.port, progress)));
  for (const stream of streams) stream.destroy();
  rig.routes.set({ ...route, message: "after they left" });
  expect(rig.logged).toEqual([]);
});

test("a template escapes text and attributes, and takes pieces as they are", () => {
  const list = ["<", '"'].map((text) => html`<li title="${text}">${text}</li>`);
  expect(html`<ul>${list}</ul>`.text).toBe(
    '<ul><li title="&#60;">&#60;</li><li title="&#34;">&#34;</li></ul>',
  );
});

test.each([
  [0.4, "0 s"],
  [59.9, "59 s"],
  [125, "2 min 5 s"],
  [3900, "1 h 5 min"],
])("%d seconds read %j", (seconds, text) => {
  expect(duration(seconds)).toBe(text);
});

const noChromium = !existsSync(CHROMIUM);
if (noChromium) console.warn(`the waiting page is not tried in a browser: ${CHROMIUM} is not there`);

test.skipIf(noChromium)(
  "in a browser the waiting page follows the Session and moves on by itself",
  async () => {
    await using session = await startSession((_request, response) => {
      response.setHeader("Content-Type", "text/html");
      response.end("<title>Lab</title><h1>Jupyter is here</h1>");
    });
    await using rig = await startRig();
    const route = rig.route("abcd1234", null, { message: "Waiting for a free slot" });
    const chrome = await chromium.launch({ executablePath: CHROMIUM, args: FLAGS });
    try {
      const tab = await chrome.newPage();
      const faults: string[] = [];
      tab.on("console", (message) => {
        if (message.type() === "error" && !message.text().startsWith("Failed to load resource"))
          faults.push(message.text());
      });
      tab.on("pageerror", (error) => faults.push(error.message));
      await tab.goto(rig.origin + page);
      expect(await tab.textContent("#message")).toBe("Waiting for a free slot");
      rig.routes.set({ ...route, message: "Pulling image <b>" });
      await eventually(async () => (await tab.textContent("#message")) === "Pulling image <b>");
      await eventually(async () => /^[1-9]\d* s$/.test((await tab.textContent("#elapsed")) ?? ""));
      rig.route("abcd1234", session);
      await eventually(async () => (await tab.title()) === "Lab");
      expect(tab.url()).toBe(rig.origin + page);
      rig.route("abcd1234", null, { state: "ended", message: "Deleted" });
      await tab.reload();
      expect(await tab.textContent("h1")).toBe("This session has ended");
      expect(faults).toEqual([]);
      const withoutScripts = await chrome.newContext({ javaScriptEnabled: false });
      const plain = await withoutScripts.newPage();
      rig.route("abcd1234", null, { message: "Waiting" });
      await plain.goto(rig.origin + page);
      rig.route("abcd1234", session);
      await eventually(async () => (await plain.title()) === "Lab");
    } finally {
      await chrome.close();
    }
  },
);

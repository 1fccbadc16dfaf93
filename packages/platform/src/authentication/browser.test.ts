import type { IncomingMessage } from "node:http";
import type { Admission, SessionRoute } from "@canfar/proxy";
import { ManualClock } from "@canfar/testing";
import { afterEach, beforeEach, expect, test } from "vitest";
import { parseLocalPath } from "./browser/local-path.ts";
import { Browser } from "./test-browser.ts";
import { json, PASSWORD, type Rig, startRig, type Tokens } from "./test-rig.ts";

const newClock = () => new ManualClock(new Date().toISOString());

let rig: Rig;
let browser: Browser;
beforeEach(async () => {
  rig = await startRig({ clock: newClock() });
  browser = new Browser(rig.origin);
});
afterEach(async () => {
  await rig.close();
});

const PAGE = "/session/notebook/abcd1234/lab?token=abcd1234";
const CREDENTIALS = { username: "ada", password: PASSWORD };
const route: SessionRoute = {
  ...{ sessionId: "abcd1234", prefix: "/session/notebook/abcd1234/", stripsPrefix: false, owner: "ada" },
  ...{ target: null, state: "starting", message: "" },
};

/** The proxy's question, with the parts of a request that decide it. */
async function admit(
  url: string,
  headers: Record<string, string> = {},
  options: { method?: string; route?: SessionRoute } = {},
): Promise<Admission> {
  const request = { url, method: options.method ?? "GET", headers } as unknown as IncomingMessage;
  return await rig.authentication.admit(request, options.route ?? route);
}

async function cookieOf(username = "ada", password = PASSWORD): Promise<string> {
  await browser.submit(await browser.open(`/login?next=${encodeURIComponent(PAGE)}`), { username, password });
  return browser.cookiesFor(PAGE);
}

const ada = () => {
  const user = rig.authentication.accounts.find("ada");
  if (user === null) throw new Error("no account");
  return user;
};

test("a browser without a login is sent to the login page, and from there to where it wanted to go", async () => {
  const admission = await admit(PAGE);
  expect(admission).toEqual({ kind: "login", loginUrl: `/login?next=${encodeURIComponent(PAGE)}` });
  const login = await browser.open(`/login?next=${encodeURIComponent(PAGE)}`);
  expect(login.text).toContain('autocomplete="username"');
  const answer = await browser.submit(login, CREDENTIALS);
  expect(answer.status).toBe(303);
  expect(answer.headers.get("location")).toBe(PAGE);
  const [cookie = ""] = answer.headers.getSetCookie();
  expect(cookie).toMatch(
    /^canfar_session=[\w-]{43}; Path=\/session\/; Max-Age=345600; HttpOnly; SameSite=Lax$/,
  );
  expect(await admit(PAGE, { cookie: browser.cookiesFor(PAGE) })).toEqual({ kind: "allow" });
  expect(browser.cookiesFor("/skaha/v1/session")).toBe("");
});

test("a wrong password on the login page keeps the way on, and lets nobody in", async () => {
  const login = await browser.open(`/login?next=${encodeURIComponent(PAGE)}`);
  const again = await browser.submit(login, { ...CREDENTIALS, password: "wrong wrong" });
  expect(again.status).toBe(403);
  expect(browser.cookiesFor(PAGE)).toBe("");
  expect((await browser.submit(again, CREDENTIALS)).headers.get("location")).toBe(PAGE);
});

test("Jupyter's token in the address admits nobody, nor does a made-up cookie", async () => {
  expect(await admit(PAGE)).toMatchObject({ kind: "login" });
  expect(await admit(PAGE, { authorization: "token abcd1234" })).toMatchObject({ kind: "login" });
  for (const cookie of [
    "canfar_session=",
    "canfar_session=x",
    `canfar_session=${"a".repeat(43)}`,
    "a=b; c",
  ]) {
    expect(await admit(PAGE, { cookie })).toMatchObject({ kind: "login" });
  }
});

test("somebody else is denied, with cookie, bearer token and Ticket", async () => {
  const user = await rig.authentication.accounts.create({
    ...{ username: "bob", uid: 1001, gid: 1001, password: "bobs password" },
  });
  expect(await admit(PAGE, { cookie: await cookieOf("bob", "bobs password") })).toEqual({ kind: "deny" });
  const tokens = await json<Tokens>(await rig.logIn({ username: "bob", password: "bobs password" }));
  expect(await admit(PAGE, { authorization: `Bearer ${tokens.access_token}` })).toEqual({ kind: "deny" });
  const { url } = rig.authentication.issueTicket({ user, sessionId: "abcd1234", path: PAGE });
  expect(await admit(url.slice(rig.origin.length))).toMatchObject({ kind: "login" });
});

test("a bearer token admits without an origin, also to a WebSocket; a bad one does not hide a good cookie", async () => {
  const { access_token } = await json<Tokens>(await rig.logIn());
  const headers = { authorization: `Bearer ${access_token}`, upgrade: "websocket" };
  expect(await admit(PAGE, headers)).toEqual({ kind: "allow", stripAuthorization: true });
  expect(await admit(PAGE, { authorization: "Bearer nonsense" })).toMatchObject({ kind: "login" });
  const cookie = await cookieOf();
  expect(await admit(PAGE, { authorization: "Bearer nonsense", cookie })).toEqual({ kind: "allow" });
});

test("with a cookie, WebSockets and changes need the same origin", async () => {
  const cookie = await cookieOf();
  const upgrade = { cookie, upgrade: "websocket" };
  const foreign = [
    {},
    { origin: "https://evil.example" },
    { origin: "null" },
    { origin: `${rig.origin}.evil.example` },
    { origin: rig.origin.replace("http:", "https:") },
    { origin: rig.origin, "sec-fetch-site": "cross-site" },
    { "sec-fetch-site": "same-site" },
  ];
  for (const headers of foreign) {
    expect(await admit(PAGE, { ...upgrade, ...headers })).toEqual({ kind: "deny" });
    for (const method of ["POST", "PUT", "PATCH", "DELETE"]) {
      expect(await admit(PAGE, { cookie, ...headers }, { method })).toEqual({ kind: "deny" });
    }
    expect(await admit(PAGE, { cookie, ...headers })).toEqual({ kind: "allow" });
  }
  const own = [
    { origin: rig.origin },
    { "sec-fetch-site": "same-origin" },
    { origin: "http://localhost:9000", host: "localhost:9000" },
  ];
  for (const headers of own) {
    expect(await admit(PAGE, { ...upgrade, ...headers })).toEqual({ kind: "allow" });
    expect(await admit(PAGE, { cookie, ...headers }, { method: "POST" })).toEqual({ kind: "allow" });
  }
});

test("a Ticket opens its page once: of two at once exactly one wins", async () => {
  const { url, expiresAt } = rig.authentication.issueTicket({
    user: ada(),
    sessionId: "abcd1234",
    path: PAGE,
  });
  expect(url.startsWith(`${rig.origin}${PAGE}&ticket=`)).toBe(true);
  expect(Date.parse(expiresAt) - rig.clock.now().getTime()).toBe(60_000);
  const target = url.slice(rig.origin.length);
  const admissions = await Promise.all([admit(target), admit(target)]);
  const [won] = admissions.filter(({ kind }) => kind === "redirect");
  expect(admissions.map(({ kind }) => kind).sort()).toEqual(["login", "redirect"]);
  if (won?.kind !== "redirect") throw new Error("no redirect");
  expect(won.location).toBe(PAGE);
  const [cookie = ""] = won.setCookie.split(";");
  expect(await admit(PAGE, { cookie })).toEqual({ kind: "allow" });
  // The way back in the browser's history leads through the used Ticket.
  expect(await admit(target, { cookie })).toEqual({ kind: "allow" });
});

test("a Ticket is for its Session, path and minute, and for opening only", async () => {
  const issue = () =>
    rig.authentication
      .issueTicket({ user: ada(), sessionId: "abcd1234", path: "/session/notebook/abcd1234/" })
      .url.slice(rig.origin.length);
  const target = issue();
  const ticket = target.split("ticket=")[1];
  expect(await admit(`/session/notebook/abcd1234/api?ticket=${ticket}`)).toMatchObject({ kind: "login" });
  const other = { ...route, sessionId: "zzzz9999" };
  expect(await admit(target, {}, { route: other })).toMatchObject({ kind: "login" });
  expect(await admit(target, {}, { method: "POST" })).toMatchObject({ kind: "login" });
  expect(await admit(target, { upgrade: "websocket" })).toMatchObject({ kind: "login" });
  expect(await admit(target)).toMatchObject({ kind: "redirect", location: "/session/notebook/abcd1234/" });
  const late = issue();
  rig.clock.advance(60_000);
  expect(await admit(late)).toMatchObject({ kind: "login" });
});

test("a browser's login ends after 12 hours unused, after 4 days in any case, and by logging out", async () => {
  const cookie = await cookieOf();
  for (let hours = 0; hours < 95; hours += 11) {
    expect(await admit(PAGE, { cookie })).toEqual({ kind: "allow" });
    rig.clock.advance(11 * 3_600_000);
  }
  expect(await admit(PAGE, { cookie })).toMatchObject({ kind: "login" });

  const second = await cookieOf();
  rig.clock.advance(12 * 3_600_000);
  expect(await admit(PAGE, { cookie: second })).toMatchObject({ kind: "login" });

  const third = await cookieOf();
  const bye = await browser.submit(await browser.open("/logout"));
  expect(bye.text).toContain("You are logged out");
  expect(browser.cookiesFor(PAGE)).toBe("");
  expect(await admit(PAGE, { cookie: third })).toMatchObject({ kind: "login" });
});

test("a new password logs every browser out", async () => {
  const cookie = await cookieOf();
  await rig.authentication.accounts.setPassword("ada", "another password");
  expect(await admit(PAGE, { cookie })).toMatchObject({ kind: "login" });
});

test("another site can log nobody in or out", async () => {
  for (const path of ["/login", "/session/logout"]) {
    for (const headers of [{ Origin: "https://evil.example" }, {}, { "Sec-Fetch-Site": "cross-site" }]) {
      const response = await rig.post(path, CREDENTIALS, headers as Record<string, string>);
      expect(response.status).toBe(403);
      expect(response.headers.get("set-cookie")).toBeNull();
    }
  }
});

test.each([
  ["https://evil.example/session/", null],
  ["//evil.example/session/", null],
  ["/\\evil.example/session/", null],
  ["/\t/evil.example/session/", null],
  ["/session/../..//evil.example", null],
  ["/session/%2e%2e/skaha/v1/session", null],
  ["/skaha/v1/session", null],
  ["javascript:alert(1)", null],
  ["/session", null],
  ["", null],
  [null, null],
  ["/session/notebook/abcd1234/lab?a=b#c", "/session/notebook/abcd1234/lab?a=b#c"],
  ["/session/x\r\nSet-Cookie: a=b", "/session/xSet-Cookie:%20a=b"],
  ["/oidc/device?user_code=A", "/oidc/device?user_code=A"],
])("after a login %j leads to %j", (next, place) => {
  expect(parseLocalPath(next)).toBe(place);
});

test("a login page for an address elsewhere stays here", async () => {
  const login = await browser.open("/login?next=//evil.example/session/");
  const page = await browser.submit(login, CREDENTIALS);
  expect(page.status).toBe(200);
  expect(page.text).toContain("You are logged in as");
});

test("forms that are too large or of another type are refused", async () => {
  const headers = { Origin: rig.origin };
  expect((await rig.post("/login", { username: "a".repeat(20_000) }, headers)).status).toBe(400);
  const body = JSON.stringify(CREDENTIALS);
  const json = { ...headers, "Content-Type": "application/json" };
  expect((await fetch(`${rig.origin}/login`, { method: "POST", body, headers: json })).status).toBe(400);
});

test("cookies are for https only where the platform is reached by https", async () => {
  const { BrowserLogins } = await import("./browser/browser-logins.ts");
  const { DEFAULT_LIFETIMES } = await import("./lifetimes.ts");
  const logins = new BrowserLogins({
    ...{ database: rig.database, clock: rig.clock, lifetimes: DEFAULT_LIFETIMES, secure: true },
  });
  expect(logins.start("ada")).toMatch(/; Secure$/);
});

import { ManualClock } from "@canfar/testing";
import { afterEach, beforeEach, expect, test } from "vitest";
import { Browser, type BrowserPage } from "./test-browser.ts";
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

interface Device {
  readonly device_code: string;
  readonly user_code: string;
  readonly verification_uri: string;
  readonly verification_uri_complete: string;
  readonly interval: number;
}

const GRANT = "urn:ietf:params:oauth:grant-type:device_code";
const SCOPE = "openid profile email offline_access";
const CREDENTIALS = { username: "ada", password: PASSWORD };
const CONFIRM = { confirm: "yes" };

async function startDevice(headers: Record<string, string> = {}, clientId = "canfar-cli"): Promise<Device> {
  return await json<Device>(
    await rig.post("/oidc/device/auth", { client_id: clientId, scope: SCOPE }, headers),
  );
}

async function poll(device: Device): Promise<Response> {
  const form = { grant_type: GRANT, device_code: device.device_code, client_id: "canfar-cli" };
  return await rig.post("/oidc/token", form);
}

/** Up to the page that asks for the password. */
async function openAndConfirm(device: Device): Promise<BrowserPage> {
  return await browser.submit(await browser.open(device.verification_uri_complete), CONFIRM);
}

test("a device is logged in by typing its code, confirming it and giving the password", async () => {
  const device = await startDevice();
  expect(device).toMatchObject({ verification_uri: `${rig.issuer}/device`, interval: 2, expires_in: 600 });
  expect(await json(await poll(device))).toMatchObject({ error: "authorization_pending" });

  const input = await browser.open(device.verification_uri);
  expect(input.text).toContain("<label");
  const confirm = await browser.submit(input, { user_code: device.user_code.toLowerCase() });
  expect(confirm.text).toContain(device.user_code);
  expect(confirm.text).toContain("the canfar command");
  const login = await browser.submit(confirm, CONFIRM);
  expect(login.text).toContain('autocomplete="current-password"');
  const done = await browser.submit(login, CREDENTIALS);
  expect(done.text).toContain("You are logged in");

  const tokens = await json<Tokens>(await poll(device));
  expect(tokens).toMatchObject({
    scope: SCOPE,
    refresh_token: expect.any(String),
    id_token: expect.any(String),
  });
  const { user } = await rig.authentication.authenticate(`Bearer ${tokens.access_token}`);
  expect(user.username).toBe("ada");
  // A code logs in once.
  expect(await json(await poll(device))).toMatchObject({ error: "invalid_grant" });
});

test("pages need no script, load nothing from elsewhere and cannot be framed", async () => {
  const device = await startDevice();
  const pages = [await browser.open(device.verification_uri), await openAndConfirm(device)];
  for (const { headers, text } of pages) {
    expect(text).not.toContain("<script");
    expect(text).not.toMatch(/(src|href)=/);
    expect(text).toContain('<html lang="en">');
    const policy = headers.get("content-security-policy");
    expect(policy).toContain("default-src 'none'");
    expect(policy).toContain("frame-ancestors 'none'");
    expect(headers.get("x-content-type-options")).toBe("nosniff");
    expect(headers.get("cache-control")).toBe("no-store");
  }
});

test("a device that asks too often is told to slow down, and may go on", async () => {
  const device = await startDevice();
  expect(await json(await poll(device))).toMatchObject({ error: "authorization_pending" });
  expect(await json(await poll(device))).toMatchObject({ error: "slow_down" });
  rig.clock.advance(2_000);
  expect(await json(await poll(device))).toMatchObject({ error: "authorization_pending" });
});

test("denying the code, or the password, denies the device", async () => {
  const first = await startDevice();
  const denied = await browser.submit(await browser.open(first.verification_uri_complete), { abort: "yes" });
  expect(denied.text).toContain("Denied");
  expect(await json(await poll(first))).toMatchObject({ error: "access_denied" });

  const second = await startDevice();
  const cancelled = await browser.submit(await openAndConfirm(second), { abort: "yes" });
  expect(cancelled.text).toContain("Denied");
  expect(await json(await poll(second))).toMatchObject({ error: "access_denied" });
});

test("an expired code logs nobody in, and says so on both sides", async () => {
  const short = await startRig({ clock: newClock(), lifetimes: { deviceCode: 1 } });
  const form = { client_id: "canfar-cli", scope: SCOPE };
  const device = await json<Device>(await short.post("/oidc/device/auth", form));
  const started = Math.floor(Date.now() / 1000);
  const token = { grant_type: GRANT, device_code: device.device_code, client_id: "canfar-cli" };
  // oidc-provider has no clock to be moved by hand: the code lives for one second.
  await expect.poll(() => Math.floor(Date.now() / 1000), { timeout: 5_000 }).toBeGreaterThan(started + 1);
  expect(await json(await short.post("/oidc/token", token))).toMatchObject({ error: "expired_token" });
  const other = new Browser(short.origin);
  const page = await other.submit(await other.open("/oidc/device"), { user_code: device.user_code });
  expect(page.text).toContain("This code has expired");
  await short.close();
});

test("an unknown code, no code and markup in a code are answered with the form and a reason", async () => {
  for (const code of ["BCDF-GHJK", "", '"><script>alert(1)</script>']) {
    const page = await browser.submit(await browser.open("/oidc/device"), { user_code: code });
    expect(page.text).toContain("There is no such code");
    expect(page.text).not.toContain("<script");
    const linked = await browser.open(`/oidc/device?user_code=${encodeURIComponent(code)}`);
    expect(linked.text).not.toContain("<script");
  }
});

test("a wrong password is said on the page, and the next try succeeds", async () => {
  const device = await startDevice();
  const login = await openAndConfirm(device);
  const again = await browser.submit(login, { username: '<i>ada"', password: "wrong wrong" });
  expect(again.status).toBe(403);
  expect(again.text).toContain("The username or the password is wrong.");
  expect(again.text).not.toContain("<i>ada");
  expect((await browser.submit(again, CREDENTIALS)).text).toContain("You are logged in");
});

test("the password is asked for every time, and another person may log in next", async () => {
  await rig.authentication.accounts.create({
    username: "bob",
    uid: 1001,
    gid: 1001,
    password: "bobs password",
  });
  const first = await startDevice();
  await browser.submit(await openAndConfirm(first), CREDENTIALS);
  const second = await startDevice();
  const login = await openAndConfirm(second);
  expect(login.text).toContain("password");
  await browser.submit(login, { username: "bob", password: "bobs password" });
  const tokens = await json<Tokens>(await poll(second));
  expect((await rig.authentication.authenticate(`Bearer ${tokens.access_token}`)).user.username).toBe("bob");
});

test("a form without the page's secret, or from another site, approves nothing", async () => {
  const device = await startDevice();
  const confirm = await browser.open(device.verification_uri_complete);
  const forged = await browser.submit(confirm, { ...CONFIRM, xsrf: "0".repeat(48) });
  expect(forged.status).toBe(400);

  const login = await openAndConfirm(device);
  for (const headers of [
    { Origin: "https://evil.example" },
    { "Sec-Fetch-Site": "same-site" },
    { Origin: "null" },
  ]) {
    expect((await browser.submit(login, CREDENTIALS, headers)).status).toBe(403);
  }
  expect(await json(await poll(device))).toMatchObject({ error: "authorization_pending" });
});

test("another browser cannot take over a login that was begun here", async () => {
  const login = await openAndConfirm(await startDevice());
  const stranger = new Browser(rig.origin);
  const page = await stranger.submit(login, CREDENTIALS);
  expect(page.status).toBe(400);
  expect(page.text).toContain("another browser");
});

test("the platform's own addresses do not follow a forged Host", async () => {
  const device = await startDevice({ "X-Forwarded-Host": "evil.example" });
  expect(device.verification_uri).toBe(`${rig.issuer}/device`);
});

test("the Python client's flow works: it registers, asks for consent, refreshes with its secret", async () => {
  const registration = await fetch(`${rig.issuer}/reg`, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({
      client_name: "Science Platform CLI @ host <b>",
      grant_types: [GRANT, "refresh_token"],
      response_types: ["token"],
      token_endpoint_auth_method: "client_secret_basic",
      scope: SCOPE,
    }),
  });
  expect(registration.status).toBe(201);
  const client = await json<{ client_id: string; client_secret: string; client_secret_expires_at: number }>(
    registration,
  );
  expect(client.client_secret_expires_at).toBe(0);
  const basic = Buffer.from(`${client.client_id}:${client.client_secret}`).toString("base64");
  const headers = { Authorization: `Basic ${basic}` };
  const device = await startDevice(headers, client.client_id);
  const ask = (form: Record<string, string>) => rig.post("/oidc/token", form, headers);
  const deviceForm = { grant_type: GRANT, device_code: device.device_code };
  expect(await json(await ask(deviceForm))).toMatchObject({ error: "authorization_pending" });

  const consent = await browser.submit(await openAndConfirm(device), CREDENTIALS);
  expect(consent.text).toContain("Science Platform CLI @ host &#60;b&#62;");
  expect((await browser.submit(consent, CONFIRM)).text).toContain("You are logged in");
  const tokens = await json<Tokens>(await ask(deviceForm));

  const userinfo = await fetch(`${rig.issuer}/me`, {
    headers: { Authorization: `Bearer ${tokens.access_token}` },
  });
  expect(await json(userinfo)).toMatchObject({ sub: "ada", preferred_username: "ada" });
  const refreshForm = { grant_type: "refresh_token", refresh_token: tokens.refresh_token };
  const answers = await Promise.all(Array.from({ length: 20 }, () => ask(refreshForm)));
  for (const answer of answers) {
    const refreshed = await json<Tokens>(answer);
    expect(refreshed.refresh_token).toBe(tokens.refresh_token);
    await rig.authentication.authenticate(`Bearer ${refreshed.access_token}`);
  }
  expect((await rig.post("/oidc/token", refreshForm, { Authorization: "Basic YTpi" })).status).toBe(401);
});

test("a registered client that denied consent gets nothing", async () => {
  const body = JSON.stringify({ client_name: "other", token_endpoint_auth_method: "none" });
  const headers = { "Content-Type": "application/json" };
  const client = await json<{ client_id: string }>(
    await fetch(`${rig.issuer}/reg`, { method: "POST", headers, body }),
  );
  const device = await startDevice({}, client.client_id);
  const consent = await browser.submit(await openAndConfirm(device), CREDENTIALS);
  expect((await browser.submit(consent, { abort: "yes" })).text).toContain("Denied");
  const form = { grant_type: GRANT, device_code: device.device_code, client_id: client.client_id };
  expect(await json(await rig.post("/oidc/token", form))).toMatchObject({ error: "access_denied" });
});

test("a registered client that nobody uses is forgotten after a day; registering is limited", async () => {
  const register = async (metadata: unknown) =>
    await fetch(`${rig.issuer}/reg`, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify(metadata),
    });
  for (const metadata of [[], null, { grant_types: "device" }, { grant_types: ["authorization_code"] }]) {
    expect((await register(metadata)).status).toBe(400);
  }
  const answers = [];
  for (let count = 0; count < 61; count += 1) answers.push((await register({})).status);
  expect(answers.filter((status) => status === 201).length).toBeGreaterThan(50);
  expect(answers.at(-1)).toBe(400);
  const clients = () =>
    Number(rig.database.prepare("SELECT COUNT(*) AS n FROM oidc_artifacts WHERE model = 'Client'").get()?.n);
  expect(clients()).toBeGreaterThan(50);
  rig.clock.advance(2 * 86_400_000);
  expect(clients()).toBe(0);
});

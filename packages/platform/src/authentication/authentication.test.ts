import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ManualClock } from "@canfar/testing";
import * as oauth from "oauth4webapi";
import { afterEach, beforeEach, expect, test } from "vitest";
import { json, PASSWORD, type Rig, startRig, type Tokens } from "./test-rig.ts";

const newClock = () => new ManualClock(new Date().toISOString());

let rig: Rig;
beforeEach(async () => {
  rig = await startRig({ clock: newClock() });
});
afterEach(async () => {
  await rig.close();
});

const bearer = (token: string) => `Bearer ${token}`;
const client: oauth.Client = { client_id: "canfar-cli" };
const insecure = { [oauth.allowInsecureRequests]: true };

async function discover(): Promise<oauth.AuthorizationServer> {
  const issuer = new URL(rig.issuer);
  return await oauth.processDiscoveryResponse(issuer, await oauth.discoveryRequest(issuer, insecure));
}

async function refresh(token: string): Promise<Response> {
  const form = { grant_type: "refresh_token", client_id: "canfar-cli", refresh_token: token };
  return await rig.post("/oidc/token", form);
}

test("discovery names what the command and the Python client need, at the issuer's own address", async () => {
  const server = await discover();
  expect(server.issuer).toBe(rig.issuer);
  for (const endpoint of [
    server.token_endpoint,
    server.device_authorization_endpoint,
    server.registration_endpoint,
    server.userinfo_endpoint,
    server.revocation_endpoint,
    server.introspection_endpoint,
    server.jwks_uri,
  ]) {
    expect(endpoint).toMatch(new RegExp(`^${rig.issuer}/`));
  }
  expect(server.grant_types_supported).toContain("password");
  expect(server.response_types_supported).toEqual([]);
});

test("a right password gives tokens of the user", async () => {
  const response = await rig.logIn();
  expect(response.status).toBe(200);
  expect(response.headers.get("cache-control")).toContain("no-store");
  const tokens = await json<Tokens>(response);
  expect(tokens).toMatchObject({ token_type: "Bearer", expires_in: 3600 });
  expect(tokens.scope).toBe("openid profile email offline_access");
  await expect(rig.authentication.authenticate(bearer(tokens.access_token))).resolves.toEqual({
    user: { username: "ada", uid: 1000, gid: 1000, groups: [], administrator: true },
    session: null,
  });
});

test("a standard OAuth client logs in, and reads who it is", async () => {
  const server = await discover();
  const parameters = { username: "ada", password: PASSWORD, scope: "openid profile offline_access" };
  const answer = await oauth.genericTokenEndpointRequest(
    ...([server, client, oauth.None(), "password", parameters, insecure] as const),
  );
  const tokens = await oauth.processGenericTokenEndpointResponse(server, client, answer);
  const response = await oauth.userInfoRequest(server, client, tokens.access_token, insecure);
  const claims = await oauth.processUserInfoResponse(server, client, "ada", response);
  expect(claims.preferred_username).toBe("ada");
});

test.each([
  ["a wrong password", { password: "wrong password" }, "the username or the password is wrong"],
  ["an unknown user", { username: "nobody" }, "the username or the password is wrong"],
])("%s is refused without telling which was wrong", async (_what, form, description) => {
  const response = await rig.logIn(form);
  expect(response.status).toBe(400);
  expect(await json(response)).toEqual({ error: "invalid_grant", error_description: description });
});

test.each([
  ["no password", { password: "" }, "invalid_request"],
  ["an unknown scope", { scope: "openid root" }, "invalid_scope"],
  ["an unknown client", { client_id: "other" }, "invalid_client"],
  ["an unknown grant", { grant_type: "magic" }, "unsupported_grant_type"],
  ["a NUL in the username", { username: "ada\0" }, "invalid_grant"],
  ["a huge password", { password: "x".repeat(20_000) }, "invalid_grant"],
])("%s is refused", async (_what, form, error) => {
  const response = await rig.logIn(form);
  expect(response.status).toBeGreaterThanOrEqual(400);
  expect(response.status).toBeLessThan(500);
  expect(await json(response)).toMatchObject({ error });
});

test("guessing has to wait, the right password too; waiting helps", async () => {
  const guesses = await Promise.all(Array.from({ length: 14 }, () => rig.logIn({ password: "guess guess" })));
  const statuses = guesses.map((response) => response.status);
  expect(statuses.filter((status) => status === 400)).toHaveLength(10);
  expect(statuses.filter((status) => status === 429)).toHaveLength(4);

  const right = await rig.logIn();
  expect(right.status).toBe(429);
  expect(Number(right.headers.get("retry-after"))).toBe(1);
  expect(await json(right)).toMatchObject({
    error: "invalid_grant",
    error_description: "too many failed logins; try again in 1 second",
  });
  rig.clock.advance(1_000);
  expect((await rig.logIn()).status).toBe(200);
  expect((await rig.logIn({ password: "once more" })).status).toBe(400);
});

test("one password tried on very many accounts is stopped for all", async () => {
  const { LoginThrottle } = await import("./accounts/login-throttle.ts");
  const throttle = new LoginThrottle(rig.clock);
  const waits = Array.from({ length: 101 }, (_, index) => throttle.begin(`user${index}`));
  expect(waits.slice(0, 100).every((wait) => wait === 0)).toBe(true);
  expect(waits[100]).toBe(60);
  rig.clock.advance(60_000);
  expect(throttle.begin("ada")).toBe(0);
});

test("only our own client may send passwords", async () => {
  const response = await fetch(`${rig.issuer}/reg`, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ client_name: "phish", grant_types: ["password"] }),
  });
  expect(response.status).toBe(400);
  expect(await json(response)).toMatchObject({ error: "invalid_client_metadata" });
});

test("a missing, a mangled and an unknown token are told apart", async () => {
  const { authenticate } = rig.authentication;
  await expect(authenticate(undefined)).rejects.toMatchObject({ code: "authentication.required" });
  for (const header of ["Basic YTpi", "Bearer", "Bearer a b", "Bearer ümlaut", bearer("x".repeat(5000))]) {
    await expect(authenticate(header)).rejects.toMatchObject({ code: "authentication.credential_invalid" });
  }
});

test("an expired token is called expired, for a week; a refreshed one goes on", async () => {
  const tokens = await json<Tokens>(await rig.logIn());
  const { authenticate } = rig.authentication;
  rig.clock.advance(3_300_000);
  await authenticate(bearer(tokens.access_token));
  rig.clock.advance(600_000);
  await expect(authenticate(bearer(tokens.access_token))).rejects.toMatchObject({
    code: "authentication.expired",
  });
  rig.clock.advance(6 * 86_400_000);
  await expect(authenticate(bearer(tokens.access_token))).rejects.toMatchObject({
    code: "authentication.expired",
  });
  rig.clock.advance(2 * 86_400_000);
  await expect(authenticate(bearer(tokens.access_token))).rejects.toMatchObject({
    code: "authentication.credential_invalid",
  });
});

test("twenty refreshes at once with one token all succeed", async () => {
  const tokens = await json<Tokens>(await rig.logIn());
  const answers = await Promise.all(Array.from({ length: 20 }, () => refresh(tokens.refresh_token)));
  const refreshed = await Promise.all(answers.map((answer) => json<Tokens>(answer)));
  expect(new Set(refreshed.map(({ refresh_token }) => refresh_token))).toEqual(
    new Set([tokens.refresh_token]),
  );
  for (const { access_token } of refreshed) await rig.authentication.authenticate(bearer(access_token));
});

test("after a day the refresh token is replaced; also then all of twenty at once succeed", async () => {
  const tokens = await json<Tokens>(await rig.logIn());
  rig.clock.advance(87_000_000);
  const answers = await Promise.all(Array.from({ length: 20 }, () => refresh(tokens.refresh_token)));
  const refreshed = await Promise.all(answers.map((answer) => json<Tokens>(answer)));
  for (const { access_token, refresh_token } of refreshed) {
    expect(access_token).toEqual(expect.any(String));
    expect(refresh_token).not.toBe(tokens.refresh_token);
  }
  // Each of them got one that works.
  for (const { refresh_token } of refreshed.slice(0, 3))
    expect((await refresh(refresh_token)).status).toBe(200);
});

test("a replaced refresh token that turns up after the grace ends the login", async () => {
  const tokens = await json<Tokens>(await rig.logIn());
  rig.clock.advance(87_000_000);
  const next = await json<Tokens>(await refresh(tokens.refresh_token));
  rig.clock.advance(119_000);
  expect((await refresh(tokens.refresh_token)).status).toBe(200);
  rig.clock.advance(1_000);
  const late = await refresh(tokens.refresh_token);
  expect(late.status).toBe(400);
  expect(await json(late)).toMatchObject({ error: "invalid_grant" });
  expect((await refresh(next.refresh_token)).status).toBe(400);
  await expect(rig.authentication.authenticate(bearer(next.access_token))).rejects.toMatchObject({
    code: "authentication.credential_invalid",
  });
});

test("revoking the refresh token ends this login and no other", async () => {
  const [mine, other] = await Promise.all([rig.logIn(), rig.logIn()]);
  const tokens = await json<Tokens>(mine);
  const others = await json<Tokens>(other);
  const form = { client_id: "canfar-cli", token: tokens.refresh_token, token_type_hint: "refresh_token" };
  expect((await rig.post("/oidc/token/revocation", form)).status).toBe(200);
  expect((await refresh(tokens.refresh_token)).status).toBe(400);
  await expect(rig.authentication.authenticate(bearer(tokens.access_token))).rejects.toMatchObject({
    code: "authentication.credential_invalid",
  });
  await rig.authentication.authenticate(bearer(others.access_token));
});

test("introspection answers for the client's own tokens", async () => {
  const tokens = await json<Tokens>(await rig.logIn());
  const ask = async (token: string) =>
    await json(await rig.post("/oidc/token/introspection", { client_id: "canfar-cli", token }));
  expect(await ask(tokens.access_token)).toMatchObject({ active: true, sub: "ada", client_id: "canfar-cli" });
  expect(await ask("unknown")).toEqual({ active: false });
});

test("a new password ends every login of the account, and the old password", async () => {
  const tokens = await json<Tokens>(await rig.logIn());
  await rig.authentication.accounts.setPassword("ada", "another password");
  await expect(rig.authentication.authenticate(bearer(tokens.access_token))).rejects.toMatchObject({
    code: "authentication.credential_invalid",
  });
  expect((await refresh(tokens.refresh_token)).status).toBe(400);
  expect((await rig.logIn()).status).toBe(400);
  expect((await rig.logIn({ password: "another password" })).status).toBe(200);
});

test("tokens, keys and accounts outlive the server", async () => {
  const path = join(mkdtempSync(join(tmpdir(), "canfar-auth-")), "platform.sqlite");
  const first = await startRig({ clock: newClock(), path });
  const tokens = await json<Tokens>(await first.logIn());
  const keys = await (await fetch(`${first.issuer}/jwks`)).text();
  // As after kill -9: the first one is never closed before the second opens.
  const second = await startRig({ clock: newClock(), path });
  await second.authentication.authenticate(bearer(tokens.access_token));
  const form = { grant_type: "refresh_token", client_id: "canfar-cli", refresh_token: tokens.refresh_token };
  expect((await second.post("/oidc/token", form)).status).toBe(200);
  expect(await (await fetch(`${second.issuer}/jwks`)).text()).toBe(keys);
  expect(await second.authentication.accounts.ensureFirst({ username: "bob", uid: 1, gid: 1 })).toBeNull();
  await first.close();
  await second.close();
});

test("the database holds neither passwords nor tokens", async () => {
  const tokens = await json<Tokens>(await rig.logIn());
  const rows = ["accounts", "oidc_artifacts"].flatMap((table) =>
    rig.database.prepare(`SELECT * FROM ${table}`).all(),
  );
  const text = JSON.stringify(rows);
  expect(rows.length).toBeGreaterThan(3);
  for (const secret of [PASSWORD, tokens.access_token, tokens.refresh_token])
    expect(text).not.toContain(secret);
});

test("what has expired leaves the database", async () => {
  await rig.logIn();
  const count = () => Number(rig.database.prepare("SELECT COUNT(*) AS n FROM oidc_artifacts").get()?.n);
  expect(count()).toBe(3);
  rig.clock.advance(366 * 86_400_000);
  expect(count()).toBe(0);
});

/** The credential that a program inside a Session has: what it may do, and how long. */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { LaunchPlan } from "@canfar/drivers";
import { eventually, FakeDriver, startTestPlatform, type TestPlatform } from "@canfar/testing";
import { afterEach, beforeEach, expect, test } from "vitest";

let data: string;
let driver: FakeDriver;
let platform: TestPlatform;

beforeEach(async () => {
  data = mkdtempSync(join(tmpdir(), "canfar-session-credential-"));
  driver = new FakeDriver();
  platform = await startTestPlatform({ data, driver, identityProvider: true });
});

afterEach(async () => {
  await platform.stop();
  rmSync(data, { recursive: true });
});

async function launch(form: Record<string, string>, env: readonly string[] = []): Promise<string> {
  const body = new URLSearchParams({ name: "a", image: "skaha/terminal", cmd: "sleeper", ...form });
  for (const variable of env) body.append("env", variable);
  const response = await platform.fetch("/skaha/v1/session", { method: "POST", body });
  const id = (await response.text()).trim();
  expect(response.status, id).toBe(200);
  await eventually(() => planned(id) !== undefined);
  return id;
}

function planned(id: string): LaunchPlan | undefined {
  return driver.plansForTest.findLast(({ replicas }) => replicas.some(({ sessionId }) => sessionId === id));
}

/** Variables that the driver was given for the newest attempt of a Session. */
function variables(id: string): Record<string, string> {
  const plan = planned(id);
  return { ...plan?.env, ...plan?.replicas.find(({ sessionId }) => sessionId === id)?.env };
}

function credential(id: string): string {
  return variables(id).CANFAR_TOKEN ?? "";
}

async function call(token: string, path: string, method = "GET", at = platform.url): Promise<Response> {
  return await fetch(at + path, { method, headers: { authorization: `Bearer ${token}` } });
}

test("a program inside acts as its user, and reads what it needs from two variables", async () => {
  const id = await launch({});
  expect(variables(id).CANFAR_URL).toBe(`${platform.url}/skaha/v1`);
  const sessions = (await (await call(credential(id), "/skaha/v1/session")).json()) as { id: string }[];
  expect(sessions.map((session) => session.id)).toEqual([id]);
  const body = new URLSearchParams({ name: "child", image: "skaha/terminal", cmd: "true" });
  const headers = { authorization: `Bearer ${credential(id)}` };
  const made = await fetch(`${platform.url}/skaha/v1/session`, { method: "POST", headers, body });
  expect(made.status).toBe(200);
  expect((await call(credential(id), `/skaha/v1/session/${id}`, "DELETE")).status).toBe(200);
});

test("it is nobody's administrator, logs no browser in, and is no access token of the identity provider", async () => {
  const id = await launch({ image: "skaha/astroml", type: "notebook", cmd: "" });
  const token = credential(id);
  const user = (await (await call(token, "/canfar/v1/user")).json()) as Record<string, unknown>;
  expect(user).toMatchObject({ username: "astro", administrator: false });
  const ticket = await call(token, `/canfar/v1/session/${id}/ticket`, "POST");
  expect(ticket.status).toBe(403);
  expect(ticket.headers.get("x-canfar-code")).toBe("authorization.denied");
  expect((await call(token, "/oidc/me")).status).toBe(401);
});

test("it is refused once the Session has ended, or was deleted", async () => {
  const ended = await launch({});
  const token = credential(ended);
  driver.endForTest(ended, { exitCode: 0 });
  const status = async () => (await call(token, "/skaha/v1/session")).status;
  await eventually(async () => (await status()) === 401);
  const refusal = await call(token, "/skaha/v1/session");
  expect(refusal.headers.get("x-canfar-code")).toBe("authentication.expired");

  const deleted = await launch({ name: "b" });
  expect((await call(credential(deleted), "/skaha/v1/session")).status).toBe(200);
  await platform.fetch(`/skaha/v1/session/${deleted}`, { method: "DELETE" });
  expect((await call(credential(deleted), "/skaha/v1/session")).status).toBe(401);
});

test("it survives a restart of the platform", async () => {
  const token = credential(await launch({}));
  await platform.stop();
  platform = await startTestPlatform({ data, driver, identityProvider: true });
  expect((await call(token, "/skaha/v1/session")).status).toBe(200);
});

test("it is refused by another platform, and when a part of it was changed", async () => {
  const id = await launch({});
  await using other = await startTestPlatform({ identityProvider: true });
  const foreign = await call(credential(id), "/skaha/v1/session", "GET", other.url);
  expect(foreign.status).toBe(401);
  expect(foreign.headers.get("x-canfar-code")).toBe("authentication.credential_invalid");

  const [header = "", , signature = ""] = credential(id).split(".");
  const claims = Buffer.from(JSON.stringify({ sub: "root", sid: id, att: 1 })).toString("base64url");
  const forged = [
    `${header}.${claims}.${signature}`,
    `${Buffer.from('{"alg":"none","typ":"canfar-session+jwt"}').toString("base64url")}.${claims}.`,
    "a.b.c",
  ];
  for (const token of forged) expect((await call(token, "/skaha/v1/session")).status).toBe(401);
});

test("a user's own login inside a Session is left alone, and gets no credential of this platform", async () => {
  const id = await launch({}, ["CANFAR_URL=https://elsewhere.example.org/skaha/v1"]);
  expect(variables(id).CANFAR_URL).toBe("https://elsewhere.example.org/skaha/v1");
  expect(variables(id)).not.toHaveProperty("CANFAR_TOKEN");
});

test("it is nowhere in the database", async () => {
  const token = credential(await launch({}));
  const [, claims = "", signature = ""] = token.split(".");
  await platform.stop();
  const files = readdirSync(data).filter((name) => name.startsWith("platform.sqlite"));
  expect(files.length).toBeGreaterThan(0);
  for (const file of files) {
    const content = readFileSync(join(data, file));
    expect(content.includes(signature) || content.includes(claims), file).toBe(false);
  }
});

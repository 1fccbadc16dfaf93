/** Logging in, the saved login and the configuration file, against a platform with its own IDP. */
import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { startTestPlatform, type TestPlatform } from "@canfar/testing";
import { CanfarHome, type RunCanfarOptions } from "@canfar/testing/run-canfar";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";

let platform: TestPlatform;
let home: CanfarHome;

beforeAll(async () => {
  platform = await startTestPlatform({ identityProvider: true });
});
afterAll(async () => {
  await platform[Symbol.asyncDispose]();
});
beforeEach(() => {
  home = new CanfarHome();
});
afterEach(() => {
  home[Symbol.dispose]();
});

const login = (options: RunCanfarOptions = {}, ...words: string[]) =>
  home.run(["login", platform.url, ...words], options);
const configFile = () => join(home.path, ".canfar", "config.yaml");

test("two piped lines log in; the file is for its owner only, and the next command needs nothing more", async () => {
  const { stdout, stderr, exitCode } = await login({ stdin: `astro\n${platform.password}\n` });
  expect({ stdout, exitCode }).toEqual({ stdout: "", exitCode: 0 });
  expect(stderr).not.toContain(platform.password);
  expect(statSync(configFile()).mode & 0o777).toBe(0o600);
  expect(await home.run(["ps", "-q"])).toMatchObject({ exitCode: 0 });
  const show = await home.run(["auth", "-o", "json"]);
  expect(JSON.parse(show.stdout)).toMatchObject({
    idp: "local",
    mode: "oidc",
    active: true,
    server: "local",
  });
});

test("--username with --password-stdin logs in", async () => {
  const options = { stdin: `${platform.password}\n` };
  expect(await login(options, "--username", "astro", "--password-stdin")).toMatchObject({ exitCode: 0 });
});

test("at a terminal it asks, hides the password, and lets a mistyped one be typed again", async () => {
  const { stdout, exitCode } = await login({
    terminal: true,
    typing: [
      { after: "User name", type: "astro\r" },
      { after: "Password:", type: "wrong\r" },
      { after: "Password:", type: `wrong\x7f\x7f\x7f\x7f\x7f${platform.password}\r` },
    ],
  });
  expect(exitCode).toBe(0);
  expect(stdout).toContain("Try again");
  expect(stdout).not.toContain("wrong\r");
  expect(stdout).not.toContain(platform.password);
  expect(stdout).toContain("canfar create");
});

test("Ctrl-C at the password is exit code 130, and nothing is saved", async () => {
  const typing = [
    { after: "User name", type: "astro\r" },
    { after: "Password:", type: "\x03" },
  ];
  expect(await login({ terminal: true, typing })).toMatchObject({ exitCode: 130 });
  expect(readdirSync(home.path)).not.toContain(".canfar/config.yaml");
});

test("a wrong password in a pipe is exit code 3, and nothing is saved", async () => {
  const { stderr, exitCode } = await login({ stdin: "astro\nwrong\n" });
  expect(exitCode).toBe(3);
  expect(stderr).toContain("wrong");
  expect((await home.run(["auth", "ls", "-q"])).exitCode).toBe(2);
  expect((await home.run(["auth", "ls", "-o", "json"])).stdout).toBe("[]\n");
});

test("no input at all says how to give it, with exit code 2", async () => {
  const { stderr, exitCode } = await login();
  expect(exitCode).toBe(2);
  expect(stderr).toContain("--password-stdin");
});

test("a second login is not needed, unless forced", async () => {
  await login({ stdin: `astro\n${platform.password}\n` });
  expect((await login()).stderr).toContain("Already logged in");
  expect(await login({}, "-f")).toMatchObject({ exitCode: 2 });
});

test("logout makes the token worthless and forgets it", async () => {
  await login({ stdin: `astro\n${platform.password}\n` });
  const token = (await home.run(["auth", "token"])).stdout.trim();
  const ask = async () =>
    (await fetch(`${platform.url}/skaha/v1/session`, { headers: { authorization: `Bearer ${token}` } }))
      .status;
  expect(await ask()).toBe(200);
  expect(await home.run(["logout"])).toMatchObject({ exitCode: 0 });
  expect(await ask()).toBe(401);
  expect(readFileSync(configFile(), "utf8")).not.toContain(token);
  expect(await home.run(["ps"])).toMatchObject({ exitCode: 3 });
});

test("config shows no secrets, changes values, and refuses what would make the file invalid", async () => {
  await login({ stdin: `astro\n${platform.password}\n` });
  const token = (await home.run(["auth", "token"])).stdout.trim();
  expect((await home.run(["config", "show"])).stdout).not.toContain(token);
  expect((await home.run(["config", "get", "authentication.local.token.access"])).stdout).toBe(
    "**********\n",
  );
  expect((await home.run(["config", "get", "active.server"])).stdout).toBe("local\n");
  expect(await home.run(["config", "set", "console.width", "120"])).toMatchObject({ exitCode: 0 });
  expect((await home.run(["config", "get", "console.width"])).stdout).toBe("120\n");
  expect(await home.run(["config", "unset", "console.width"])).toMatchObject({ exitCode: 0 });
  expect(await home.run(["config", "get", "console.width"])).toMatchObject({ exitCode: 1, stdout: "" });
  expect(await home.run(["config", "set", "nonsense.key", "1"])).toMatchObject({ exitCode: 1 });
  expect(await home.run(["ps"])).toMatchObject({ exitCode: 0 });
  expect((await home.run(["config", "path"])).stdout).toBe(`${configFile()}\n`);
});

test("completion proposes commands, options and the user's own Session ids", async () => {
  await login({ stdin: `astro\n${platform.password}\n` });
  const [id = ""] = (
    await home.run(["create", "headless", "skaha/terminal:latest", "--", "sleep", "600"])
  ).stdout.split("\n");
  const proposals = async (...words: string[]) =>
    (await home.run(["__complete", ...words])).stdout.split("\n").map((line) => line.split("\t")[0]);
  expect(await proposals("pl")).toEqual(["platform", ""]);
  expect(await proposals("auth", "l")).toEqual(["login", "logout", "ls", ""]);
  expect(await proposals("create", "--rep")).toEqual(["--replicas", ""]);
  expect(await proposals("create", "note")).toEqual(["notebook", ""]);
  expect(await proposals("create", "headless", "skaha/t")).toEqual(["skaha/terminal:latest", ""]);
  expect(await proposals("logs", id.slice(0, 3))).toEqual([id, ""]);
  await home.run(["logout"]);
  expect(await proposals("logs", "")).not.toContain(id);
});

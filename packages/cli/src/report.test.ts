/** `canfar report` as a user types it: a real process, against a platform that imitates programs. */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { eventually, startTestPlatform, type TestPlatform } from "@canfar/testing";
import { CanfarHome } from "@canfar/testing/run-canfar";
import { afterAll, beforeAll, expect, test } from "vitest";

let platform: TestPlatform;
let home: CanfarHome;

beforeAll(async () => {
  platform = await startTestPlatform();
  home = new CanfarHome({ CANFAR_URL: `${platform.url}/skaha/v1`, CANFAR_TOKEN: await platform.token() });
  const script = "echo cannot read /arc/a.fits >&2; exit 3";
  const words = ["create", "-n", "stars", "-r", "3", "headless", "skaha/terminal", "--", "sh", "-c", script];
  expect(await home.run(words)).toMatchObject({ exitCode: 0 });
  await eventually(async () => {
    const { stdout } = await home.run(["report", "stars", "-o", "json"]);
    return (JSON.parse(stdout) as { counts: { failed: number } }).counts.failed === 3;
  });
});
afterAll(async () => {
  home[Symbol.dispose]();
  await platform[Symbol.asyncDispose]();
});

test("a report says why replicas failed, with which files, and how to go on", async () => {
  const { stdout, stderr, exitCode } = await home.run(["report", "stars"]);
  expect({ stderr, exitCode }).toEqual({ stderr: "", exitCode: 0 });
  expect(stdout).toContain("3 replicas: 3 failed");
  expect(stdout).toMatch(/^3 +exit code 3 +cannot read \/arc\/a\.fits +1-3$/m);
  expect(stdout).toContain("files of 1-3: /arc/a.fits\n");
  expect(stdout).toContain("canfar rerun stars --failed");
  expect(stdout).not.toContain("\x1b");
});

test("on a terminal no line is wider than it", async () => {
  const { stdout } = await home.run(["report", "stars"], { terminal: true });
  expect(stdout).toContain("\x1b[1m");
  // biome-ignore lint/suspicious/noControlCharactersInRegex: colours take no room
  for (const line of stdout.replace(/\x1b\[[\d;]*m/g, "").split(/\r?\n/))
    expect(line.length).toBeLessThanOrEqual(100);
});

test("--html writes a page, and says where; where it cannot, nothing is lost but the page", async () => {
  const file = join(home.path, "report.html");
  const { stdout, stderr } = await home.run(["report", "stars", "--html", file]);
  expect(stdout).toBe("");
  expect(stderr).toContain(file);
  expect(readFileSync(file, "utf8")).toContain("<h1>stars</h1>");
  const missing = join(home.path, "none", "report.html");
  const failed = await home.run(["report", "stars", "--html", missing]);
  expect(failed.exitCode).toBe(1);
  expect(failed.stderr).toContain("could not be written");
  expect(existsSync(missing)).toBe(false);
  const piped = await home.run(["report", "stars", "--html", "-"]);
  expect(piped.stdout).toMatch(/^<!doctype html>/);
});

test("a group that is not there is told as such, with exit code 4", async () => {
  expect(await home.run(["report", "nothing"])).toMatchObject({ exitCode: 4, stdout: "" });
});

/** `canfar items` as a user types it, over a platform whose Replicas' records the test writes itself. */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { eventually, FakeDriver, startTestPlatform, type TestPlatform } from "@canfar/testing";
import { CanfarHome } from "@canfar/testing/run-canfar";
import { afterAll, beforeAll, expect, test } from "vitest";

const IMAGE = "skaha/terminal:latest";

let driver: FakeDriver;
let platform: TestPlatform;
let home: CanfarHome;

beforeAll(async () => {
  driver = new FakeDriver();
  platform = await startTestPlatform({ driver });
  home = new CanfarHome({ CANFAR_URL: `${platform.url}/skaha/v1`, CANFAR_TOKEN: await platform.token() });
});
afterAll(async () => {
  home[Symbol.dispose]();
  await platform[Symbol.asyncDispose]();
});

async function must(words: readonly string[], stdin?: string) {
  const result = await home.run(words, stdin === undefined ? {} : { stdin });
  expect(result, words.join(" ")).toMatchObject({ exitCode: 0 });
  return result;
}

function record(group: string, replica: number, lines: readonly string[]): void {
  const journal = join(platform.folder.groups, group, "progress", "journal", String(replica));
  mkdirSync(journal, { recursive: true });
  writeFileSync(join(journal, "0"), lines.map((line) => `\n${line}\n`).join(""));
}

test("items lists what became of each, by state and replica, for people and programs", async () => {
  const create = ["create", "-q", "-n", "sky", "-r", "2", "--items", "-", "headless", IMAGE];
  await must([...create, "--", "sleeper", "{}"], "a.fits\nb.fits\nc.fits\n");
  const group = (await must(["ps", "--groups", "-q"])).stdout.trim();
  const lines = ["start 1 1 1", "done 1 1 1 0 1.25", "start 2 1 1", "fail 2 1 1 3 0.5 bad header"];
  record(group, 1, lines);
  await eventually(async () => (await must(["items", "sky", "--state", "done", "-q"])).stdout === "a.fits\n");
  expect((await must(["items", "sky"])).stdout).toBe(
    [
      "ITEM    STATE    REPLICA  ATTEMPTS  EXIT CODE  SECONDS  REASON",
      "a.fits  done     1        1         0          1.25     -",
      "b.fits  failed   1        1         3          0.5      bad header",
      "c.fits  pending  2        0         -          -        -\n",
    ].join("\n"),
  );
  expect(JSON.parse((await must(["items", "sky", "-s", "failed", "-o", "json"])).stdout)).toEqual([
    {
      ...{ item: "b.fits", state: "failed", replica: 1, attempts: 1, exitCode: 3, seconds: 0.5 },
      reason: "bad header",
    },
  ]);
  expect((await must(["items", "sky[2]", "-q"])).stdout).toBe("c.fits\n");
  expect((await must(["items", "sky", "-s", "set-aside"])).stderr).toBe(
    "sky has no Items that are set-aside.\n",
  );
  expect((await must(["info", "sky"])).stdout).toContain("1 of 3 done, 1 failed");
});

test("items of what has none says so, and of what does not exist is exit code 4", async () => {
  await must(["create", "-q", "-n", "plain", "headless", IMAGE, "--", "sleeper"]);
  expect(await must(["items", "plain"])).toMatchObject({ stdout: "", stderr: "plain has no Items.\n" });
  expect((await must(["items", "plain", "-o", "json"])).stdout).toBe("[]\n");
  expect((await home.run(["items", "nothing"])).exitCode).toBe(4);
  expect((await home.run(["items", "plain", "-s", "lost"])).exitCode).toBe(2);
});

test("rerun --set-aside asks for what was set aside as well", async () => {
  const create = ["create", "-q", "-n", "again", "--items", "-", "headless", IMAGE];
  const { stdout } = await must([...create, "--", "sleeper", "{}"], "a.fits\n");
  const group = stdout.trim();
  const setAside = ["start 1 1 1", "fail 1 1 1 3 0 no", "aside 1 1 1 3 no"];
  await eventually(async () => (await must(["info", "again"])).stdout.includes("Running"));
  record(group, 1, setAside);
  driver.endForTest(group, { exitCode: 121 });
  await eventually(
    async () => (await must(["items", "again", "-s", "set-aside", "-q"])).stdout === "a.fits\n",
  );
  await must(["rerun", "again", "--set-aside"]);
  expect((await must(["items", "again", "-s", "failed", "-q"])).stdout).toBe("a.fits\n");
});

/** Groups as a user meets them in the command: real processes, against a platform that imitates programs. */
import { eventually, FakeDriver, startTestPlatform, type TestPlatform } from "@canfar/testing";
import { CanfarHome, type CanfarResult } from "@canfar/testing/run-canfar";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";

const IMAGE = "skaha/terminal:latest";

let platform: TestPlatform;
let home: CanfarHome;
let driver: FakeDriver;

beforeAll(async () => {
  driver = new FakeDriver();
  platform = await startTestPlatform({ driver, config: { batch: { slots: 10_000 } } });
});
afterAll(async () => {
  await platform[Symbol.asyncDispose]();
});
let user = 0;
beforeEach(async () => {
  // Each test is a user of its own, so that no test sees the Sessions of another.
  user += 1;
  home = new CanfarHome({
    CANFAR_URL: `${platform.url}/skaha/v1`,
    CANFAR_TOKEN: await platform.token(`grouper${user}`),
  });
});
afterEach(() => {
  home[Symbol.dispose]();
});

async function must(...words: string[]): Promise<CanfarResult> {
  const result = await home.run(words);
  expect(result, words.join(" ")).toMatchObject({ exitCode: 0 });
  return result;
}

/** A Group of sleepers that all run. */
async function sleepers(name: string, replicas: number): Promise<string[]> {
  const words = ["create", "-n", name, "-r", String(replicas), "headless", IMAGE, "--", "sleep", "600"];
  const ids = (await must(...words)).stdout.trim().split("\n");
  await eventually(async () => {
    const [group] = await groups();
    return group?.counts.pending === 0;
  });
  return ids;
}

interface ListedGroup {
  readonly id: string;
  readonly name: string;
  readonly counts: Record<string, number>;
}

async function groups(): Promise<ListedGroup[]> {
  return JSON.parse((await must("ps", "--all", "--groups", "-o", "json")).stdout) as ListedGroup[];
}

describe("ps", () => {
  test("has one line for a Group with how far it is, and the replicas for its name", async () => {
    const ids = await sleepers("stars", 4);
    driver.endForTest(ids[0] ?? "", { exitCode: 0 });
    driver.endForTest(ids[1] ?? "", { exitCode: 3 });
    await eventually(async () => (await groups())[0]?.counts.failed === 1);
    const { stdout } = await must("ps");
    expect(stdout.trim().split("\n")).toHaveLength(2);
    expect(stdout).toMatch(
      new RegExp(`^${ids[0]}  stars  headless  \\[###xxx?>>>>>?\\] 2/4, 1 failed, 2 running  ${IMAGE}`, "m"),
    );
    expect((await must("ps", "stars", "-q")).stdout.trim().split("\n")).toEqual(ids);
    expect((await must("ps", "stars[failed]", "-q")).stdout).toBe(`${ids[1]}\n`);
    expect((await must("ps", "stars[3-4]", "-q")).stdout).toBe(`${ids[2]}\n${ids[3]}\n`);
    expect((await must("ps", "stars-2")).stdout).toMatch(/stars-2 .*Failed \(3\)/);
    expect((await must("ps", "--groups", "-q")).stdout).toBe(`${ids[0]}\n`);
    expect((await must("ps", "-s", "Failed")).stdout).toContain("stars");
  });

  test("draws with block characters on a terminal that has them", async () => {
    await sleepers("stars", 2);
    const { stdout } = await home.run(["ps"], { terminal: true, env: { LANG: "C.UTF-8", NO_COLOR: "1" } });
    expect(stdout).toContain("▒▒▒▒▒▒▒▒▒▒ 0/2, 2 running");
  });

  test("--watch draws again when something has changed, in place on a terminal", async () => {
    const ids = await sleepers("stars", 2);
    let ended = false;
    const { stdout } = await home.run(["ps", "--watch"], {
      terminal: true,
      env: { NO_COLOR: "1" },
      onOutput: (text, kill) => {
        if (/1\/2/.test(text)) kill("SIGTERM");
        if (ended || !/0\/2/.test(text)) return;
        ended = true;
        driver.endForTest(ids[0] ?? "");
      },
    });
    expect(stdout).toContain("\x1b[2A\x1b[J");
  });
});

describe("wait", () => {
  test.each([
    ["all completed", [0, 0], 0, "all 2 Replicas completed"],
    ["some failed", [0, 3], 7, "1 of 2 Replicas completed.*1 failed: 2"],
    ["all failed", [4, 3], 1, "0 of 2 Replicas completed.*2 failed: 1-2"],
  ])("for a Group of which %s", async (_, codes, exitCode, said) => {
    const ids = await sleepers("stars", 2);
    const waiting = home.run(["wait", "stars"]);
    for (const [at, id] of ids.entries()) driver.endForTest(id, { exitCode: codes[at] ?? 0 });
    const result = await waiting;
    expect(result.stderr).toMatch(new RegExp(said));
    expect(result).toMatchObject({ exitCode, stdout: "" });
    if (exitCode !== 0) expect(result.stderr).toContain("canfar rerun stars --failed");
  });

  test("for a single Session gives its own exit code", async () => {
    for (const [program, exitCode] of [
      ["exit 0", 0],
      ["exit 3", 3],
      ["exit 137", 137],
    ] as const) {
      const id = (await must("create", "headless", IMAGE, "--", "sh", "-c", program)).stdout.trim();
      expect((await home.run(["wait", id])).exitCode, program).toBe(exitCode);
    }
  });

  test("for one replica, or for those that fit a selection now, waits for no others", async () => {
    const ids = await sleepers("stars", 4);
    const one = home.run(["wait", "stars-2"]);
    const two = home.run(["wait", "stars[3-4]", "-o", "json"]);
    driver.endForTest(ids[1] ?? "", { exitCode: 5 });
    driver.endForTest(ids[2] ?? "", { exitCode: 0 });
    driver.endForTest(ids[3] ?? "", { exitCode: 1 });
    expect(await one).toMatchObject({ exitCode: 5 });
    const { stdout, stderr, exitCode } = await two;
    expect({ exitCode, stderr }).toMatchObject({
      exitCode: 7,
      stderr: expect.stringContaining("1 failed: 4"),
    });
    expect(JSON.parse(stdout)).toMatchObject([{ name: "stars", counts: { running: 1 } }]);
  });

  test("gives up after --timeout with exit code 8, and says that all goes on", async () => {
    const [id] = await sleepers("stars", 2);
    const { stderr, exitCode } = await home.run(["wait", "stars", "--timeout", "0.2"]);
    expect(exitCode).toBe(8);
    expect(stderr).toMatch(/had not ended: stars.*0\/2, 2 running/);
    expect(stderr).toContain("canfar wait stars");
    expect((await must("ps", "-q")).stdout).toContain(id);
  });

  test("is left with Ctrl-C, and everything goes on", async () => {
    await sleepers("stars", 2);
    const { stdout, exitCode } = await home.run(["wait", "stars"], {
      terminal: true,
      typing: [{ after: "2 running", type: "\x03" }],
    });
    expect(exitCode).toBe(130);
    expect(stdout).toContain("everything goes on");
    expect((await groups())[0]?.counts.running).toBe(2);
  });

  test("for what is deleted meanwhile is exit code 4", async () => {
    await sleepers("stars", 2);
    const waiting = home.run(["wait", "stars"], { terminal: true, env: { CANFAR_DEBUG: "" } });
    await must("delete", "-y", "stars");
    expect((await waiting).exitCode).toBe(4);
  });
});

/** Groups as a user meets them in the command: real processes, against a platform that imitates programs. */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { eventually, FakeDriver, startTestPlatform, type TestPlatform } from "@canfar/testing";
import { CanfarHome, type CanfarResult } from "@canfar/testing/run-canfar";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";

const IMAGE = "skaha/terminal:latest";

let platform: TestPlatform;
let home: CanfarHome;
let driver: FakeDriver;

beforeAll(async () => {
  driver = new FakeDriver();
  platform = await startTestPlatform({ driver, config: { batch: { flexible: 10_000 } } });
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
    const id = (await groups())[0]?.id;
    expect(stdout).toMatch(
      new RegExp(`^${id}  stars  headless  \\[###xxx?>>>>>?\\] 2/4, 1 failed, 2 running  ${IMAGE}`, "m"),
    );
    expect((await must("ps", "stars", "-q")).stdout.trim().split("\n")).toEqual(ids);
    expect((await must("ps", "stars[failed]", "-q")).stdout).toBe(`${ids[1]}\n`);
    expect((await must("ps", "stars[3-4]", "-q")).stdout).toBe(`${ids[2]}\n${ids[3]}\n`);
    expect((await must("ps", "stars-2")).stdout).toMatch(/stars-2 .*Failed \(3\)/);
    expect((await must("ps", "--groups", "-q")).stdout).toBe(`${id}\n`);
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

describe("create", () => {
  test("sends what its options say of a batch", async () => {
    await sleepers("first", 2);
    const first = (await groups())[0]?.id ?? "";
    const words = ["--retries", "3", "--retry-delay", "1m", "--timeout", "1h30m", "--max-fails", "5"];
    const more = ["--max-running", "2", "--after", "first:any", "--after-each", first, "--notify"];
    const program = ["headless", IMAGE, "--", "true"];
    await must(
      ...["create", "-n", "second", "-r", "2", ...words, ...more, "failed:https://example.org/alarm"],
      ...["--notify", "https://example.org/hook", ...program],
    );
    const [group] = JSON.parse((await must("info", "second", "-o", "json")).stdout) as { policy: unknown }[];
    expect(group?.policy).toEqual({
      retries: 3,
      retryDelaySeconds: 60,
      timeoutSeconds: 5400,
      maxFailures: 5,
      maxRunning: 2,
      after: [{ group: first, when: "any" }],
      afterEach: first,
      notify: [
        { target: "https://example.org/alarm", on: ["failed"] },
        { target: "https://example.org/hook", on: ["done"] },
      ],
    });
    const { stdout } = await must("info", "second");
    expect(stdout).toMatch(/^Retries +3, the first after 1 min$/m);
    expect(stdout).toMatch(/^Time limit +1 h 30 min$/m);
  });

  test("with the same --request-id makes one Group, and with another request is refused", async () => {
    const again = [
      "create",
      "-n",
      "once",
      "-r",
      "3",
      "--request-id",
      "night-7",
      "headless",
      IMAGE,
      "--",
      "sleep",
    ];
    const one = await must(...again, "600");
    expect((await must(...again, "600")).stdout).toBe(one.stdout);
    expect(await home.run([...again, "700"])).toMatchObject({ exitCode: 5 });
    expect(await groups()).toHaveLength(1);
  });

  test("--wait gives the exit code of the program", async () => {
    const run = (replicas: string, script: string) =>
      home.run(["create", "-r", replicas, "--wait", "headless", IMAGE, "--", "sh", "-c", script]);
    expect(await run("1", "exit 42")).toMatchObject({
      exitCode: 42,
      stdout: expect.stringMatching(/^[a-z0-9]{8}\n$/),
    });
    expect(await run("2", "exit 0")).toMatchObject({ exitCode: 0 });
  });

  const items = async (...words: string[]) => {
    const { stdout } = await must(
      "create",
      "--dry-run",
      "-o",
      "json",
      ...words,
      "headless",
      IMAGE,
      "--",
      "echo",
      "{}",
    );
    return JSON.parse(stdout) as { replicas: number; items: Record<string, unknown> };
  };

  test("takes items from a list, a pattern, or standard input, and weighs them", async () => {
    mkdirSync(join(home.path, "sky"));
    const list = join(home.path, "list.txt");
    writeFileSync(list, "a b\r\n\nc\n");
    for (const [name, size] of [
      ["b.fits", 20],
      ["a.fits", 10],
    ] as const)
      writeFileSync(join(home.path, "sky", name), "x".repeat(size));
    const pattern = join(home.path, "sky", "*.fits");
    const [a, b] = ["a", "b"].map((name) => join(home.path, "sky", `${name}.fits`));
    expect(await items("--items", list)).toMatchObject({
      replicas: 2,
      items: { list: ["a b", "c"], split: "balanced" },
    });
    expect(await items("--items", pattern, "-r", "7", "--weight", "bytes")).toMatchObject({
      replicas: 7,
      items: { list: [a, b], weights: [10, 20], split: "weight" },
    });
    const below = [
      "--items",
      "/arc/projects/sky/*.fits",
      "--split",
      "weight",
      "headless",
      IMAGE,
      "--",
      "echo",
      "{}",
    ];
    // The server looks, and there are no such files: the request is shown all the same.
    const asked = await home.run(["create", "--dry-run", "-o", "json", ...below]);
    expect(asked).toMatchObject({ exitCode: 2, stderr: expect.stringContaining("no file matches") });
    expect(JSON.parse(asked.stdout)).toMatchObject({
      items: { glob: "/arc/projects/sky/*.fits", weighBy: "bytes" },
      forecast: { accepted: false },
    });
    const words = [
      "create",
      "--dry-run",
      "-o",
      "json",
      "--items",
      "-",
      "--split",
      "dynamic",
      "headless",
      IMAGE,
      "--",
      "echo",
      "{}",
    ];
    const piped = await home.run(words, { stdin: "one\ntwo\n" });
    expect(JSON.parse(piped.stdout)).toMatchObject({ items: { list: ["one", "two"], split: "dynamic" } });
  });

  test("shares items among as many replicas as there are places, and says so", async () => {
    const list = join(home.path, "list.txt");
    writeFileSync(list, Array.from({ length: 100 }, (_, at) => `item ${at}\n`).join(""));
    const { stdout, stderr } = await must(
      "create",
      "--dry-run",
      "--items",
      list,
      "headless",
      IMAGE,
      "--",
      "echo",
      "{}",
    );
    expect(stdout).toMatch(/^replicas +4$/m);
    expect(stderr).toContain("4 Replicas for 100 items");
  });

  test.each([
    [["--items", "nofile"], "no file 'nofile'"],
    [["--items", "/tmp"], "is a folder"],
    [["--items", "no*such"], "No file fits"],
    [["--split", "chunk"], "there are none"],
    [["--retries", "many"], "not a whole number"],
    [["--retries", "101"], "--retries cannot be used"],
    [["--timeout", "soon"], "not a length of time"],
    [["--memory", "big"], "not an amount of memory"],
    [["--notify", "somebody"], "whom to tell"],
    [["--after", "nobody:sometimes"], "after what"],
    [["--replicas", "0"], "greater than 0"],
  ])("refuses %j", async (words, said) => {
    const { stderr, exitCode } = await home.run(["create", ...words, "headless", IMAGE, "--", "true"]);
    expect({ stderr, exitCode }).toEqual({ stderr: expect.stringContaining(said), exitCode: 2 });
  });

  test("--after something that is not there is exit code 4, and --items that the shell filled in are told", async () => {
    expect(await home.run(["create", "--after", "nobody", "headless", IMAGE, "--", "true"])).toMatchObject({
      exitCode: 4,
    });
    const { stderr } = await home.run(["create", "--items", "a", "b", "c", "headless", IMAGE, "--", "true"]);
    expect(stderr).toContain("'*.fits'");
  });
});

describe("rerun", () => {
  test("runs the failed replicas again under the same ids, or those that are named", async () => {
    const ids = await sleepers("stars", 3);
    for (const [at, id] of ids.entries()) driver.endForTest(id, { exitCode: at % 2 });
    expect((await home.run(["wait", "stars", "-q"])).exitCode).toBe(7);
    expect((await must("rerun", "stars", "--failed", "--dry-run")).stdout).toContain("stars-2");
    expect((await must("rerun", "stars", "--failed")).stdout).toBe(`${ids[1]}\n`);
    await eventually(async () => (await groups())[0]?.counts.running === 1);
    expect((await home.run(["rerun", "stars[2]"])).exitCode).toBe(5);
    driver.endForTest(ids[1] ?? "", { exitCode: 0 });
    expect((await home.run(["wait", "stars", "-q"])).exitCode).toBe(0);
    const nothing = await must("rerun", "stars");
    expect(nothing).toMatchObject({ stdout: "", stderr: expect.stringContaining("Nothing to run again") });
    expect((await must("rerun", "stars[3]")).stdout).toBe(`${ids[2]}\n`);
    const [second] = JSON.parse((await must("info", "stars-2", "-o", "json")).stdout) as {
      attempt: number;
    }[];
    expect(second?.attempt).toBe(2);
  });

  test("of a single Session runs it again, however it ended", async () => {
    const id = (await must("create", "--wait", "headless", IMAGE, "--", "true")).stdout.trim();
    expect((await must("rerun", id, "--wait")).stdout).toBe(`${id}\n`);
  });
});

describe("delete", () => {
  test("tells how many Sessions a Group is, and how many of them would be lost", async () => {
    const ids = await sleepers("stars", 3);
    driver.endForTest(ids[0] ?? "", { exitCode: 0 });
    await eventually(async () => (await groups())[0]?.counts.completed === 1);
    const id = (await groups())[0]?.id;
    const { stderr, exitCode } = await home.run(["delete", "stars"]);
    expect({ stderr, exitCode }).toEqual({
      stderr: expect.stringContaining(`Delete 3 Sessions, of which 2 wait or run: stars (${id})?`),
      exitCode: 2,
    });
    expect((await must("delete", "--dry-run", "stars[2-3]")).stderr).toContain("2 Sessions would be deleted");
    expect((await must("delete", "-y", "stars-2")).stderr).toBe(`Deleted ${ids[1]} (stars-2).\n`);
    expect((await must("ps", "stars", "-q")).stdout).toBe(`${ids[0]}\n${ids[2]}\n`);
    expect((await must("delete", "-y", "stars")).stderr).toBe(`Deleted stars (${id}): 2 Sessions.\n`);
    expect(await groups()).toEqual([]);
  });

  test("of a Replica's id deletes that Replica alone, of the Group's id all", async () => {
    const ids = await sleepers("stars", 4);
    await must("delete", "-y", ids[0] ?? "");
    expect((await must("ps", "stars", "-q")).stdout).toBe(`${ids[1]}\n${ids[2]}\n${ids[3]}\n`);
    await must("delete", "-y", (await groups())[0]?.id ?? "");
    expect(await groups()).toEqual([]);
  });
});

describe("info and events", () => {
  test("take Groups, Replicas and selections", async () => {
    const ids = await sleepers("stars", 3);
    expect((await must("info", "stars")).stdout).toMatch(/^Status +\[>+\] 0\/3, 3 running$/m);
    expect((await must("info", "stars-2")).stdout).toMatch(/^Replica +2 of 3 in group/m);
    expect(JSON.parse((await must("info", "stars[2-3]", "-o", "json")).stdout)).toMatchObject([
      { id: ids[1], type: "headless" },
      { id: ids[2] },
    ]);
    expect(JSON.parse((await must("events", "stars[1-2]", "-o", "json")).stdout)).toContainEqual(
      expect.objectContaining({ session: ids[1] }),
    );
  });
});

describe("completion", () => {
  const proposals = async (...words: string[]) =>
    (await must("__complete", ...words)).stdout
      .trim()
      .split("\n")
      .map((line) => line.split("\t")[0]);

  test("proposes Groups, their Replicas and their states", async () => {
    await sleepers("stars", 12);
    expect(await proposals("wait", "")).toEqual(expect.arrayContaining(["stars", "@last"]));
    expect(await proposals("delete", "st")).toEqual(["stars"]);
    const id = (await groups())[0]?.id ?? "";
    expect(await proposals("delete", id.slice(0, 4))).toEqual([id]);
    expect(await proposals("ps", "stars-1")).toEqual(["stars-1", "stars-10", "stars-11", "stars-12"]);
    expect(await proposals("rerun", "stars[f")).toEqual(["stars[failed]"]);
    expect(await proposals("create", "--after", "st")).toEqual(["stars"]);
  });
});

describe("logs", () => {
  /** Three replicas of which the second failed, each with two lines. */
  async function talkers(): Promise<string[]> {
    const ids = await sleepers("stars", 3);
    for (const [at, id] of ids.entries()) {
      driver.printForTest(id, `one of ${at + 1}`);
      driver.printForTest(id, `two of ${at + 1}`, "stderr");
      driver.endForTest(id, { exitCode: at === 1 ? 1 : 0 });
    }
    await home.run(["wait", "stars", "-q"]);
    return ids;
  }
  const linesOf = async (...words: string[]) =>
    (await must("logs", ...words)).stdout.trimEnd().split("\n").sort();

  test("of a Group come in one stream, each line with its Replica's name", async () => {
    await talkers();
    const all = [1, 2, 3].flatMap((replica) => [
      `stars-${replica} | one of ${replica}`,
      `stars-${replica} | two of ${replica}`,
    ]);
    expect(await linesOf("stars")).toEqual(all);
    expect(await linesOf("-f", "stars")).toEqual(all);
    expect(await linesOf("stars[2-3]", "--tail", "1")).toEqual(["stars-2 | two of 2", "stars-3 | two of 3"]);
    expect(await linesOf("stars", "--failed")).toEqual(["stars-2 | one of 2", "stars-2 | two of 2"]);
    expect(await linesOf("stars", "--grep", "one of [13]", "--no-prefix")).toEqual(["one of 1", "one of 3"]);
    expect((await must("logs", "stars", "-t", "--tail", "1")).stdout).toMatch(
      /^stars-1 \| \d{4}-.*Z two of 1$/m,
    );
  });

  test("of one Replica are its own, without a name before them", async () => {
    await talkers();
    expect((await must("logs", "stars-2")).stdout).toBe("one of 2\ntwo of 2\n");
    expect((await must("logs", "stars[2]", "--grep", "^two")).stdout).toBe("two of 2\n");
    expect((await must("logs", "stars-1", "stars-3")).stdout).toContain("stars-3 | one of 3\n");
  });

  test("that are followed come as they are written, from all Replicas", async () => {
    const ids = await sleepers("stars", 2);
    driver.printForTest(ids[0] ?? "", "first");
    let told = false;
    const { stdout } = await home.run(["logs", "-f", "stars"], {
      onOutput: (text) => {
        if (told || !text.includes("stars-1 | first")) return;
        told = true;
        driver.printForTest(ids[1] ?? "", "second");
        for (const id of ids) driver.endForTest(id);
      },
    });
    expect(stdout).toBe("stars-1 | first\nstars-2 | second\n");
  });

  test("of a pattern that is none are refused", async () => {
    const ids = await talkers();
    expect((await home.run(["logs", "stars", "--grep", "("])).exitCode).toBe(2);
    expect((await home.run(["logs", ids[1] ?? "", "--grep", "("])).exitCode).toBe(2);
  });
});

describe("why and --dry-run", () => {
  test("say what waits for what, and what a launch would come to", async () => {
    await sleepers("first", 2);
    const second = ["-n", "second", "-r", "3", "--after", "first", "headless", IMAGE, "--", "true"];
    const forecast = await must("create", "--dry-run", ...second);
    expect(forecast.stdout).toMatch(/^forecast +.*first/m);
    expect(forecast.stdout).toMatch(/^waits +3$/m);
    expect(JSON.parse((await must("create", "--dry-run", "-o", "json", ...second)).stdout)).toMatchObject({
      name: "second",
      forecast: { accepted: true, waits: 3, reason: "Dependency" },
    });
    await must("create", ...second);
    const { stdout, stderr } = await must("why", "second");
    expect(stdout).toMatch(/^Session +second-1 /m);
    expect(stdout).toMatch(/^Status +Pending \(Dependency\)$/m);
    expect(stderr).toContain("2 more of second wait.");
    expect(JSON.parse((await must("why", "second-3", "-o", "json")).stdout)).toMatchObject([
      { reason: "Dependency" },
    ]);
    expect((await must("why", "first-1")).stdout).toMatch(/^Status +Running$/m);
  });

  test("of a launch that would be refused give the refusal's exit code", async () => {
    const words = ["create", "--dry-run", "headless", "skaha/terminl:latest", "--", "true"];
    expect(await home.run(words)).toMatchObject({ exitCode: 4, stderr: expect.stringContaining("terminal") });
  });
});

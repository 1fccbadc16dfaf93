/** A batch as its owner meets it: launched, watched, waited for, read, mended and taken away, with the command alone. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { ScratchPlatform } from "@canfar/testing/scratch-platform";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { created, list } from "./sessions.ts";

const IMAGE = "skaha/terminal:latest";
let platform: ScratchPlatform;

beforeAll(async () => {
  platform = await ScratchPlatform.start();
  await platform.login();
});
afterAll(() => platform.remove());

async function canfar(...words: string[]) {
  return await platform.canfar(words);
}

/** A script in the user's home, as every Session of his sees it. */
function script(name: string, text: string): string {
  platform.putInHome(writeScratch(text), name);
  return `/arc/home/${platform.username}/${name}`;
}

function writeScratch(text: string): string {
  const file = join(platform.home, "scratch-script.sh");
  writeFileSync(file, text);
  return file;
}

describe("a Group of which some replicas fail", () => {
  let ids: string[];
  let flag: string;

  beforeAll(async () => {
    // Every third replica fails until somebody mends what it needs.
    const program = script(
      "measure.sh",
      'echo "replica $REPLICA_ID of $REPLICA_COUNT"; if [ $((REPLICA_ID % 3)) = 0 ] && [ ! -e ~/mended ]; then echo "no catalogue" >&2; exit 9; fi',
    );
    flag = platform.arc(`home/${platform.username}/mended`);
    ids = await created(platform, ["-n", "stars", "-r", "30", "headless", IMAGE, "--", "sh", program]);
  });

  test("is waited for, and the exit code and the words say what failed and what to do", async () => {
    const { stdout, stderr, exitCode } = await canfar("wait", "stars");
    expect({ stdout, exitCode }).toEqual({ stdout: "", exitCode: 7 });
    expect(stderr).toContain("20 of 30 Replicas completed");
    expect(stderr).toContain("10 failed: 3,6,9,12,15,18,21,24,27,30");
    expect(stderr).toContain("canfar rerun stars --failed");
  });

  test("is one line in ps, one thing in info, and thirty Sessions for programs", async () => {
    const { stdout } = await canfar("ps", "--all");
    const id = /^(\w+) +stars /m.exec(stdout)?.[1] ?? "";
    expect(ids).not.toContain(id);
    expect(stdout.split("\n").filter((line) => line.includes("stars"))).toEqual([
      expect.stringMatching(new RegExp(`^${id}  stars  headless  \\[#+x+\\] 30/30, 10 failed  `)),
    ]);
    expect((await canfar("info", id)).stdout).toMatch(/^Replicas +30$/m);
    expect((await list(platform)).filter(({ name }) => name.startsWith("stars-"))).toHaveLength(30);
    expect((await canfar("ps", "stars[failed]", "-q")).stdout.trim().split("\n")).toHaveLength(10);
  });

  test("tells in one stream what its replicas wrote, or those that failed", async () => {
    const lines = (await canfar("logs", "stars")).stdout.trim().split("\n");
    expect(lines).toHaveLength(40);
    expect(lines).toContain("stars-7 | replica 7 of 30");
    const failed = (await canfar("logs", "stars", "--failed", "--tail", "1")).stdout.trim().split("\n");
    expect(new Set(failed.map((line) => line.replace(/^\S+ \| /, "")))).toEqual(new Set(["no catalogue"]));
    expect(failed).toHaveLength(10);
    expect((await canfar("logs", "stars-7")).stdout).toBe("replica 7 of 30\n");
    expect(
      (await canfar("logs", "stars", "--grep", "replica 1[0-2] ", "--no-prefix")).stdout
        .trim()
        .split("\n")
        .sort(),
    ).toEqual(["replica 10 of 30", "replica 11 of 30", "replica 12 of 30"]);
  });

  test("is rerun where it failed, under the same ids, and then it is whole", async () => {
    writeFileSync(flag, "");
    const { stdout, stderr, exitCode } = await canfar("rerun", "stars", "--failed", "--wait");
    expect(exitCode, stderr).toBe(0);
    expect(stdout.trim().split("\n")).toEqual(ids.filter((_, at) => (at + 1) % 3 === 0));
    expect((await canfar("wait", "stars")).exitCode).toBe(0);
    // What the first attempts wrote is still there.
    expect((await canfar("logs", "stars-3")).stdout).toContain("replica 3 of 30\n");
    expect((await canfar("logs", "stars")).stdout).toContain("stars-3 | no catalogue\n");
  });

  test("is deleted whole, after saying how much that is", async () => {
    const asked = await canfar("delete", "stars");
    expect(asked).toMatchObject({
      exitCode: 2,
      stderr: expect.stringContaining("Delete 30 Sessions: stars"),
    });
    expect((await canfar("delete", "-y", "stars")).stderr).toContain("30 Sessions");
    expect((await list(platform)).filter(({ name }) => name.startsWith("stars-"))).toEqual([]);
    expect((await canfar("wait", "stars")).exitCode).toBe(4);
  });
});

describe("a batch with policies", () => {
  test("tries again by itself, and the log tells each attempt", async () => {
    const program = script(
      "flaky.sh",
      'echo "try"; [ -e ~/tried-$REPLICA_ID ] || { touch ~/tried-$REPLICA_ID; exit 1; }',
    );
    const words = ["-n", "flaky", "-r", "2", "--retries", "2", "--retry-delay", "0", "--wait"];
    const { stderr, exitCode } = await canfar("create", ...words, "headless", IMAGE, "--", "sh", program);
    expect(exitCode, stderr).toBe(0);
    const { stdout } = await canfar("info", "flaky-1", "-o", "json");
    expect(JSON.parse(stdout)).toMatchObject([{ attempt: 2, status: "Completed" }]);
  });

  test("ends an attempt whose time is over, and its exit code says so", async () => {
    const words = ["-n", "slow", "--timeout", "1", "--wait", "headless", IMAGE, "--", "sleep", "600"];
    const { exitCode } = await canfar("create", ...words);
    expect(exitCode).not.toBe(0);
  });

  test("starts after another one, and both are waited for together", async () => {
    const home = `/arc/home/${platform.username}`;
    await created(platform, [
      "-n",
      "first",
      "-r",
      "3",
      "headless",
      IMAGE,
      "--",
      "sh",
      "-c",
      `sleep 0.3; echo $REPLICA_ID >> ${home}/order`,
    ]);
    const after = [
      "-n",
      "second",
      "--after",
      "first",
      "headless",
      IMAGE,
      "--",
      "sh",
      "-c",
      `echo second >> ${home}/order`,
    ];
    await created(platform, after);
    const { exitCode, stderr } = await canfar("wait", "first", "second");
    expect(exitCode, stderr).toBe(0);
    const { readFileSync } = await import("node:fs");
    expect(
      readFileSync(platform.arc(`home/${platform.username}/order`), "utf8")
        .trim()
        .split("\n")
        .at(-1),
    ).toBe("second");
  });

  test("is one Group, however often its request is sent", async () => {
    const words = ["-n", "once", "-r", "3", "--request-id", "night-7", "headless", IMAGE, "--", "true"];
    expect(await created(platform, words)).toEqual(await created(platform, words));
  });
});

test("a Session's exit code comes through wait and create --wait", async () => {
  const run = ["headless", IMAGE, "--", "sh", "-c", "exit 42"];
  expect((await canfar("create", "-n", "answer", "--wait", ...run)).exitCode).toBe(42);
  expect((await canfar("wait", "answer")).exitCode).toBe(42);
});

test("waiting ends with 8 when the time is over, and nothing else ends", async () => {
  const [id = ""] = await created(platform, ["-n", "long", "headless", IMAGE, "--", "sleep", "600"]);
  const { stderr, exitCode } = await canfar("wait", "long", "--timeout", "1");
  expect({ stderr, exitCode }).toEqual({
    stderr: expect.stringContaining("Everything goes on"),
    exitCode: 8,
  });
  expect((await list(platform)).find((session) => session.id === id)?.status).not.toBe("Completed");
  await canfar("delete", "-y", "long");
});

test("items are dealt to replicas, and each is handed to the command", async () => {
  const items = join(platform.home, "items.txt");
  writeFileSync(items, "north\nsouth pole\neast\nwest\n");
  const words = ["-n", "winds", "--items", items, "--split", "dynamic", "-r", "2", "--wait"];
  const { stderr, exitCode } = await canfar(
    "create",
    ...words,
    "headless",
    IMAGE,
    "--",
    "echo",
    "wind of {}",
  );
  expect(exitCode, stderr).toBe(0);
  const { stdout } = await canfar("logs", "winds", "--no-prefix", "--grep", "^wind");
  expect(stdout.trim().split("\n").sort()).toEqual([
    "wind of east",
    "wind of north",
    "wind of south pole",
    "wind of west",
  ]);
});

import { readdir, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { systemClock } from "../clock.ts";
import { scratchFolder } from "../test-servers/scratch-folder.ts";
import { withFileLock } from "./file-lock.ts";

// Long enough for many in a row on a busy machine.
const options = { clock: systemClock, timeoutMs: 120_000 };

test("only one action of many is inside at a time, and nothing is left behind", async () => {
  await using folder = await scratchFolder();
  const path = join(folder.path, "lock");
  let inside = 0;
  let most = 0;
  const action = async () => {
    inside += 1;
    most = Math.max(most, inside);
    await new Promise((resolve) => setImmediate(resolve));
    inside -= 1;
  };
  await Promise.all(Array.from({ length: 20 }, () => withFileLock(path, options, action)));
  expect(most).toBe(1);
  expect(await readdir(folder.path)).toEqual([]);
});

test("the lock is let go when the action fails", async () => {
  await using folder = await scratchFolder();
  const path = join(folder.path, "lock");
  const failing = withFileLock(path, options, () => Promise.reject(new Error("no")));
  await expect(failing).rejects.toThrow("no");
  expect(await withFileLock(path, options, async () => "done")).toBe("done");
});

test("somebody who does not let go is named", async () => {
  await using folder = await scratchFolder();
  const path = join(folder.path, "lock");
  await withFileLock(path, options, async () => {
    const second = withFileLock(path, { clock: systemClock, timeoutMs: 30 }, async () => "never");
    await expect(second).rejects.toMatchObject({
      code: "config.locked",
      message: expect.stringContaining(String(process.pid)),
    });
  });
});

test("a lock of another machine is respected while it is young, and taken over when it is old", async () => {
  await using folder = await scratchFolder();
  const path = join(folder.path, "lock");
  await writeFile(path, JSON.stringify({ pid: 1, place: "elsewhere", token: "theirs" }));
  const impatient = { clock: systemClock, timeoutMs: 30 };
  await expect(withFileLock(path, impatient, async () => "")).rejects.toMatchObject({
    code: "config.locked",
  });
  await utimes(path, 0, 0);
  expect(await withFileLock(path, options, async () => "mine")).toBe("mine");
});

test("what killed processes left while they asked for the lock goes in time", async () => {
  await using folder = await scratchFolder();
  const path = join(folder.path, "lock");
  await writeFile(`${path}.old`, "");
  await utimes(`${path}.old`, 0, 0);
  await writeFile(`${path}.young`, "");
  await withFileLock(path, options, async () => "");
  expect(await readdir(folder.path)).toEqual(["lock.young"]);
});

test("a file that is no lock counts as one until it is old", async () => {
  await using folder = await scratchFolder();
  const path = join(folder.path, "lock");
  await writeFile(path, "{ half");
  await expect(
    withFileLock(path, { clock: systemClock, timeoutMs: 30 }, async () => ""),
  ).rejects.toMatchObject({
    code: "config.locked",
  });
  await utimes(path, 0, 0);
  expect(await withFileLock(path, options, async () => "mine")).toBe("mine");
});

/** The disk with the data folder is really full: what is asked for is refused as a whole, what runs waits and loses nothing. */
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ScratchPlatform } from "@canfar/testing/scratch-platform";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { created, ended, list } from "./sessions.ts";

const IMAGE = "skaha/terminal:latest";
const disk = mkdtempSync(join(tmpdir(), "canfar-small-disk-"));
const isMounted = spawnSync("mount", ["-t", "tmpfs", "-o", "size=48m", "tmpfs", disk]).status === 0;
const ballast = join(disk, "ballast");
let platform: ScratchPlatform;

beforeAll(async () => {
  if (!isMounted) return console.warn("skipped: a small disk needs the right to mount one");
  mkdirSync(join(disk, "home"));
  platform = await ScratchPlatform.start({ home: join(disk, "home") });
  await platform.login();
});
afterEach(free);
afterAll(async () => {
  if (isMounted) {
    await platform.remove();
    spawnSync("umount", [disk]);
  }
  rmSync(disk, { recursive: true, force: true });
});

/** Leaves not one block free. */
function fill(): void {
  for (let size = 32 * 1024 * 1024; size >= 4096; size /= 2) {
    for (let piece = 0; isWritten(`${ballast}-${size}-${piece}`, size); piece += 1);
  }
}

function isWritten(file: string, size: number): boolean {
  try {
    writeFileSync(file, Buffer.alloc(size));
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOSPC") throw error;
    return false;
  }
}

function free(): void {
  spawnSync("sh", ["-c", `rm -f '${ballast}'-*`]);
}

/** How far the printing Session has come, as far as its log knows. */
async function lastNumber(id: string): Promise<number> {
  return Number.parseInt((await platform.canfar(["logs", "--tail", "1", id])).stdout, 10);
}

test.skipIf(!isMounted)(
  "a launch is refused as a whole, with what to do, and accepted once there is room",
  async () => {
    fill();
    const words = ["--replicas", "500", "-n", "large", "headless", IMAGE, "--", "true"];
    const refused = await platform.canfar(["create", "-o", "json", ...words]);
    expect(refused.stdout).toBe("");
    expect(JSON.parse(refused.stderr)).toMatchObject({
      code: "storage.full",
      hint: expect.stringContaining("space"),
    });
    expect(refused.exitCode).toBe(6);
    expect(await list(platform)).toEqual([]);
    free();
    const ids = await created(platform, words);
    expect(ids).toHaveLength(500);
    await platform.canfar(["delete", "-y", "large"]);
  },
);

test.skipIf(!isMounted)("output waits for room, and no line of it is lost", async () => {
  const script =
    'i=0; while [ ! -e $HOME/stop ]; do i=$((i+1)); echo "$i $PADDING"; sleep 0.005; done; echo "last $i"; exit 6';
  const padding = `PADDING=${"x".repeat(4000)}`;
  const [id = ""] = await created(platform, ["-e", padding, "headless", IMAGE, "--", "sh", "-c", script]);
  await expect.poll(() => lastNumber(id)).toBeGreaterThan(0);
  fill();
  // That it waits cannot be recorded on a full disk either: it shows in that nothing comes any more.
  let before = -1;
  const stands = async () => {
    const now = await lastNumber(id);
    const isSame = now === before;
    before = now;
    return isSame;
  };
  await expect.poll(stands, { timeout: 60_000, interval: 500 }).toBe(true);
  free();
  await expect.poll(() => lastNumber(id), { timeout: 60_000 }).toBeGreaterThan(before);
  writeFileSync(platform.arc(join("home", platform.username, "stop")), "");
  expect(await ended(platform, [id])).toMatchObject([{ status: "Failed", exitCode: 6 }]);
  const lines = (await platform.canfar(["logs", id])).stdout.trim().split("\n");
  const numbers = lines.slice(0, -1).map((line) => Number.parseInt(line, 10));
  expect(numbers).toEqual(numbers.map((_, at) => at + 1));
  expect(lines.at(-1)).toBe(`last ${numbers.length}`);
});

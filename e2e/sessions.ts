/** What stories ask the `canfar` command about Sessions. */
import type { ScratchPlatform } from "@canfar/testing/scratch-platform";
import { expect } from "vitest";

/** One Session as `canfar ps --all -o json` prints it; what the stories read of it. */
export interface ListedSession {
  readonly id: string;
  readonly name: string;
  readonly type: string;
  readonly status: string;
  readonly exitCode?: number;
  readonly connectURL?: string;
  readonly message?: string;
}

/** Runs `canfar create …`. @returns the ids it printed */
export async function created(platform: ScratchPlatform, words: readonly string[]): Promise<string[]> {
  const { stdout, stderr, exitCode } = await platform.canfar(["create", "-q", ...words]);
  expect(exitCode, stderr).toBe(0);
  return stdout.trim().split("\n");
}

export async function list(platform: ScratchPlatform): Promise<ListedSession[]> {
  const { stdout, stderr, exitCode } = await platform.canfar(["ps", "--all", "-o", "json"]);
  expect(exitCode, stderr).toBe(0);
  return JSON.parse(stdout) as ListedSession[];
}

/** Waits until all of the Sessions have ended. @returns them, in the order of their ids */
export async function ended(
  platform: ScratchPlatform,
  ids: readonly string[],
  timeout = 60_000,
): Promise<ListedSession[]> {
  const look = async () => {
    const all = new Map((await list(platform)).map((session) => [session.id, session]));
    return ids.map((id) => all.get(id)).filter((session) => session !== undefined);
  };
  const open = async () =>
    (await look()).filter(({ status }) => status !== "Completed" && status !== "Failed").length;
  await expect.poll(open, { timeout, interval: 100 }).toBe(0);
  return await look();
}

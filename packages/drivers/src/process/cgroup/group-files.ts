/** The files of control groups, which kernels of different ages have or have not. */
import {
  accessSync,
  constants,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmdirSync,
  writeFileSync,
} from "node:fs";
import { availableParallelism } from "node:os";
import { join } from "node:path";

export const ROOT = "/sys/fs/cgroup";
/**
 * Sessions that usually run at the same time. All of them together are one group, which against what else runs on the
 * machine would weigh as little as a single process.
 */
export function sessionsAtATime(): number {
  return 2 * availableParallelism();
}

export const CPU_PERIOD_MICROSECONDS = 100_000;

/** A group with more memory left in it (of files that were read, mostly) would make the next Session's peak a lie. */
export const MOST_LEFT_BYTES = 4 * 1024 ** 2;

/** @returns the reason why they cannot be made; null when they are there */
export function makeFolders(folders: readonly string[]): string | null {
  try {
    for (const folder of folders) {
      mkdirSync(folder, { recursive: true });
      accessSync(folder, constants.W_OK);
    }
    return null;
  } catch (error) {
    return `control groups are not writable for this user (${(error as NodeJS.ErrnoException).code})`;
  }
}

/** A limit that this kernel does not know is no reason to refuse the Session. */
export function set(folder: string, file: string, value: number | string): void {
  if (existsSync(join(folder, file))) writeFileSync(join(folder, file), String(value));
}

export function get(folder: string, file: string): number | undefined {
  const text = read(folder, file);
  return text === undefined ? undefined : Number(text);
}

/** One number of a file with a `key value` pair on each line. */
export function field(folder: string, file: string, key: string): number | undefined {
  const match = new RegExp(`^${key} (\\d+)`, "m").exec(read(folder, file) ?? "");
  return match === null ? undefined : Number(match[1]);
}

export function processIds(folder: string): number[] {
  return (read(folder, "cgroup.procs") ?? "").split("\n").filter(Boolean).map(Number);
}

export function groupNames(parent: string): string[] {
  return readdirSync(parent, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => name);
}

export function removeFolders(folders: readonly string[]): boolean {
  let gone = true;
  for (const folder of folders) {
    if (!existsSync(folder)) continue;
    try {
      for (const child of readdirSync(folder, { withFileTypes: true })) {
        if (child.isDirectory()) rmdirSync(join(folder, child.name));
      }
      rmdirSync(folder);
    } catch {
      gone = false; // EBUSY: a dying process is still counted; the caller asks again.
    }
  }
  return gone;
}

function read(folder: string, file: string): string | undefined {
  try {
    return readFileSync(join(folder, file), "utf8");
  } catch {
    return undefined; // The group has gone, or this kernel has no such file: both mean unknown.
  }
}

import { randomUUID } from "node:crypto";
import { link, readdir, readFile, readlink, rm, stat, writeFile } from "node:fs/promises";
import { hostname } from "node:os";
import { basename, dirname, join } from "node:path";
import { CanfarError } from "@canfar/contract";
import { type Clock, wait } from "../clock.ts";

/** A holder on another machine is taken for dead after this time; nobody holds the lock for longer than a request. */
const ABANDONED_MS = 120_000;
const BREAKING_MS = 10_000;

interface Holder {
  readonly pid: number;
  /** Machine and process namespace: only there does `pid` mean anything. */
  readonly place: string;
  readonly token: string;
}

export interface FileLockOptions {
  readonly clock: Clock;
  /** How long to wait for the holder before. */
  readonly timeoutMs: number;
}

/**
 * Runs `action` while this process, and no other of any machine that shares the folder, holds the lock file at
 * `path`. The lock of a killed process is taken over.
 *
 * @throws CanfarError `config.locked` when the holder does not let go in time
 */
export async function withFileLock<T>(
  path: string,
  options: FileLockOptions,
  action: () => Promise<T>,
): Promise<T> {
  const mine: Holder = { pid: process.pid, place: await thisPlace(), token: randomUUID() };
  await acquire(path, mine, options);
  try {
    await removeNameTags(path, options.clock);
    return await action();
  } finally {
    // Another process may have taken the lock for abandoned, as after a suspended laptop: then it is not ours.
    if ((await readHolder(path))?.token === mine.token) await rm(path, { force: true });
  }
}

async function acquire(path: string, mine: Holder, { clock, timeoutMs }: FileLockOptions): Promise<void> {
  const end = clock.now().getTime() + timeoutMs;
  while (!(await tryLink(path, mine))) {
    const holder = await readHolder(path);
    if (holder !== null && (await isAbandoned(path, holder, mine, clock))) {
      await breakLock(path, holder, mine, clock);
      continue;
    }
    if (clock.now().getTime() >= end) {
      throw new CanfarError("config.locked", {
        message: `Another process (${holder?.pid ?? "unknown"}) has held the lock ${path} for too long`,
        hint: `Try again. If no canfar command runs, remove ${path}.`,
        details: { path, pid: holder?.pid },
      });
    }
    await wait(clock, 5 + Math.random() * 25);
  }
}

/** Links a complete file into place, so that nobody ever sees a lock without its holder. */
async function tryLink(path: string, mine: Holder): Promise<boolean> {
  const own = `${path}.${mine.token}`;
  await writeFile(own, JSON.stringify(mine), { mode: 0o600 });
  try {
    await link(own, path);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") return false;
    throw error;
  } finally {
    await rm(own, { force: true });
  }
}

/** Removes what processes have left that were killed while they asked for the lock. */
async function removeNameTags(path: string, clock: Clock): Promise<void> {
  const prefix = `${basename(path)}.`;
  for (const name of await readdir(dirname(path))) {
    const tag = join(dirname(path), name);
    if (name.startsWith(prefix) && (await isOlderThan(tag, ABANDONED_MS, clock)))
      await rm(tag, { force: true });
  }
}

async function readHolder(path: string): Promise<Holder | null> {
  try {
    return JSON.parse(await readFile(path, "utf8")) as Holder;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return null;
    if (error instanceof SyntaxError) return { pid: 0, place: "unknown", token: "" };
    throw error;
  }
}

async function isAbandoned(path: string, holder: Holder, mine: Holder, clock: Clock): Promise<boolean> {
  if (holder.place === mine.place && !isAlive(holder.pid)) return true;
  return await isOlderThan(path, ABANDONED_MS, clock);
}

/**
 * Removes a dead holder's lock. Whoever breaks holds a second lock meanwhile: otherwise a slow breaker could remove
 * the lock that a fast one has just taken.
 */
async function breakLock(path: string, dead: Holder, mine: Holder, clock: Clock): Promise<void> {
  const breaking = `${path}.breaking`;
  if (!(await tryLink(breaking, mine))) {
    if (await isOlderThan(breaking, BREAKING_MS, clock)) await rm(breaking, { force: true });
    await wait(clock, 5);
    return;
  }
  try {
    if ((await readHolder(path))?.token === dead.token) await rm(path, { force: true });
  } finally {
    await rm(breaking, { force: true });
  }
}

async function isOlderThan(path: string, milliseconds: number, clock: Clock): Promise<boolean> {
  const found = await stat(path).catch(() => null);
  return found !== null && clock.now().getTime() - found.mtimeMs > milliseconds;
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}

async function thisPlace(): Promise<string> {
  // In a container, or a sandbox, the same number is another process.
  const namespace = await readlink("/proc/self/ns/pid").catch(() => "");
  return `${hostname()} ${namespace}`.trim();
}

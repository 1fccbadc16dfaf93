import { readFileSync, writeFileSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";
import { CanfarError } from "@canfar/contract";
import type { DataFolder } from "./data-folder.ts";
import { readRunFile } from "./run-files.ts";

/** The right to run on a data folder. */
export interface DataFolderLock {
  release(): void;
}

/**
 * Takes the data folder for this process, until `release` or the process's end.
 *
 * The lock is SQLite's own on an otherwise empty file: the kernel drops it when its process dies, however it dies, so
 * there are no stale locks to recognise and no race between two that try at once.
 *
 * @throws CanfarError `platform.already_running` naming the process and address that have it
 */
export function lockDataFolder(folder: DataFolder): DataFolderLock {
  const database = new DatabaseSync(folder.lock);
  try {
    database.exec("BEGIN EXCLUSIVE");
  } catch (error) {
    database.close();
    if (!/database is locked/.test((error as Error).message)) throw error;
    throw alreadyRunning(folder, error);
  }
  writeFileSync(holderFile(folder), `${process.pid}\n`);
  return { release: () => database.close() };
}

/** The file that says who has the lock; the lock itself cannot hold text. */
function holderFile(folder: DataFolder): string {
  return `${folder.lock}.pid`;
}

function alreadyRunning(folder: DataFolder, cause: unknown): CanfarError {
  const pid = readPid(folder);
  const run = readRunFile(folder.runFile);
  const url = run !== null && run.pid === pid ? run.url : undefined;
  const who = pid === null ? "another process" : `process ${pid}`;
  return new CanfarError("platform.already_running", {
    message: `a platform runs on ${folder.root} already: ${who}${url === undefined ? ", which is starting" : ` at ${url}`}`,
    hint: "Use that one, stop it with `canfar platform down`, or choose another folder with --data.",
    details: { data: folder.root, ...(pid === null ? {} : { pid }), ...(url === undefined ? {} : { url }) },
    cause,
  });
}

function readPid(folder: DataFolder): number | null {
  try {
    return Number.parseInt(readFileSync(holderFile(folder), "utf8"), 10) || null;
  } catch (error) {
    // The holder has the lock and has not written the file yet.
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return null;
    throw error;
  }
}

import { writeFileSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";

/**
 * Takes the right to be the session host of a data folder, until this process ends. The lock is SQLite's own on an
 * otherwise empty file: the kernel drops it however the process dies, and two that try at once cannot both get it.
 *
 * @param files.pid gets the process id of the holder
 * @returns the lock, to be kept; null where another process has it
 */
export function takeHostLock(files: { lock: string; pid: string }): DatabaseSync | null {
  const database = new DatabaseSync(files.lock);
  try {
    database.exec("BEGIN EXCLUSIVE");
  } catch (error) {
    database.close();
    if (/database is locked/.test((error as Error).message)) return null;
    throw error;
  }
  writeFileSync(files.pid, `${process.pid}\n`, { mode: 0o600 });
  return database;
}

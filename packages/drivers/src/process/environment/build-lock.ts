import { DatabaseSync } from "node:sqlite";
import { setTimeout as wait } from "node:timers/promises";

const POLL_MS = 200;

/** SQLITE_BUSY */
const BUSY = 5;

/**
 * Holds a lock against other processes while `work` runs. The lock is an open SQLite transaction on an empty file: the
 * kernel lets go of it when its owner dies, by `kill -9` too, so there is no stale lock to recognise and to steal.
 *
 * @param onWait called once when another process holds it
 */
export async function withBuildLock<T>(
  { file, onWait, signal }: { file: string; onWait: () => void; signal?: AbortSignal | undefined },
  work: () => Promise<T>,
): Promise<T> {
  const lock = new DatabaseSync(file, { timeout: 0 });
  try {
    let told = false;
    while (!tryLock(lock)) {
      if (!told) onWait();
      told = true;
      await wait(POLL_MS, undefined, signal === undefined ? {} : { signal });
    }
    return await work();
  } finally {
    lock.close();
  }
}

function tryLock(lock: DatabaseSync): boolean {
  try {
    lock.exec("BEGIN EXCLUSIVE");
    return true;
  } catch (error) {
    if ((error as { errcode?: number }).errcode === BUSY) return false;
    throw error;
  }
}

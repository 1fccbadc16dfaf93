import { randomBytes } from "node:crypto";
import { chmod, mkdir, open, readdir, realpath, rename, rm } from "node:fs/promises";
import { basename, dirname, join } from "node:path";

const SUFFIX = ".tmp";

/**
 * Replaces a file as a whole: readers see the old bytes or the new ones, also when the writer is killed half-way or
 * the disk is full. The file is readable by its owner only. A symbolic link is followed, not replaced.
 *
 * @throws the file system's own error; the old file is then untouched
 */
export async function writeAtomically(path: string, text: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  const target = await realpath(path).catch(() => path);
  const folder = dirname(target);
  const temporary = join(folder, `.${basename(target)}.${randomBytes(6).toString("hex")}${SUFFIX}`);
  try {
    const file = await open(temporary, "wx", 0o600);
    try {
      await file.writeFile(text);
      // Without it a power cut after the rename can leave an empty file.
      await file.sync();
    } finally {
      await file.close();
    }
    await chmod(temporary, 0o600);
    await rename(temporary, target);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
  await syncFolder(folder);
}

/** Removes what killed writers left beside the file. Only for the holder of the file's lock. */
export async function removeLeftovers(path: string): Promise<void> {
  const target = await realpath(path).catch(() => path);
  const prefix = `.${basename(target)}.`;
  const names = await readdir(dirname(target)).catch(() => []);
  for (const name of names) {
    if (name.startsWith(prefix) && name.endsWith(SUFFIX))
      await rm(join(dirname(target), name), { force: true });
  }
}

/** Makes the rename itself durable. Some file systems refuse to open a folder; they need no such call. */
async function syncFolder(folder: string): Promise<void> {
  try {
    await using file = await open(folder, "r");
    await file.sync();
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code !== "EISDIR" && code !== "EPERM" && code !== "EINVAL" && code !== "EACCES") throw error;
  }
}

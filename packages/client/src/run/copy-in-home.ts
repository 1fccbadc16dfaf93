import { randomUUID } from "node:crypto";
import { mkdir, rename, rm, symlink, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { CanfarError } from "@canfar/contract";
import type { Carrier, Delivery, FileToCarry } from "./carrier.ts";
import type { GatheredFile } from "./gather-files.ts";

/** Carries files inside a Session: its home is the one that all of the user's Sessions see. */
export class CopyInHome implements Carrier {
  readonly linksLargeFiles = true;
  readonly #home: string;
  readonly #seenAs: string;

  /**
   * @param options.home the home folder, as this program sees it
   * @param options.seenAs the same, as every Session sees it: `/arc/home/<user>`
   */
  constructor(options: { home: string; seenAs: string }) {
    this.#home = options.home;
    this.#seenAs = options.seenAs;
  }

  async deliver(
    folder: string,
    files: readonly FileToCarry[],
    links: readonly GatheredFile[],
  ): Promise<Delivery> {
    const target = join(this.#home, folder);
    const unfinished = join(dirname(target), `.${randomUUID()}`);
    try {
      for (const file of files) {
        const path = await placeFor(join(unfinished, file.path));
        await writeFile(path, await file.read(), { mode: file.executable ? 0o755 : 0o644, flag: "wx" });
      }
      for (const { path, source } of links) await symlink(source, await placeFor(join(unfinished, path)));
      await rename(unfinished, target);
    } catch (error) {
      await rm(unfinished, { recursive: true, force: true });
      throw asFailure(error, target);
    }
    return { folder: `${this.#seenAs}/${folder}`, sentFiles: 0, sentBytes: 0 };
  }
}

async function placeFor(path: string): Promise<string> {
  await mkdir(dirname(path), { recursive: true });
  return path;
}

function asFailure(error: unknown, target: string): unknown {
  const { code, message } = error as NodeJS.ErrnoException;
  if (code === "ENOSPC" || code === "EDQUOT") {
    return new CanfarError("storage.full", {
      message: `The disk is full: ${target} was not made`,
      hint: "Free some space in your home folder and try again.",
      cause: error,
    });
  }
  if (code !== "EACCES" && code !== "EROFS") return error;
  return new CanfarError("command.failed", {
    message: `${target} cannot be made: ${message}`,
    hint: "Look at the rights of your home folder.",
    cause: error,
  });
}

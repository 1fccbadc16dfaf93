import { createHash, randomUUID } from "node:crypto";
import { constants } from "node:fs";
import { type FileHandle, open, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import {
  CanfarError,
  type CarriedFile,
  type FolderAnswer,
  type FolderRequest,
  MAX_CARRIED_FILE_BYTES,
} from "@canfar/contract";
import { HeldFolder } from "./held-folder.ts";
import type { HomeFolders } from "./home-folders.ts";

/** Where contents are kept, below a home. Who deletes it loses nothing but the time to carry them again. */
const KEPT = [".canfar", "run", "files"];

const NEW_FILE = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW;
const READ_FILE = constants.O_RDONLY | constants.O_NOFOLLOW;
const FULL: readonly string[] = ["ENOSPC", "EDQUOT"];
/** What the system says where a user's program has put a link, or a file, in the place of a folder. */
const IN_THE_WAY: readonly string[] = ["ELOOP", "ENOTDIR", "EISDIR"];

/**
 * Files that `canfar run` carries to a user's home. Contents are kept by their digest, so that only new ones travel; a run
 * gets a folder of copies, which its programs may change.
 */
export class CarriedFiles {
  readonly #homes: HomeFolders;
  readonly #folder: string;

  /** @param options.folder of all homes */
  constructor(options: { homes: HomeFolders; folder: string }) {
    this.#homes = options.homes;
    this.#folder = options.folder;
  }

  /**
   * Keeps a content. It is there whole, or not at all.
   *
   * @throws CanfarError `request.invalid` where the content has another digest, `request.too_large`, `storage.full`
   */
  async keep(
    username: string,
    digest: string,
    content: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  ): Promise<void> {
    await this.#inHome(username, async (home) => {
      await using kept = await home.enterAll(KEPT);
      const unfinished = `.${digest}.${randomUUID()}`;
      try {
        await using file = await open(kept.at(unfinished), NEW_FILE, 0o600);
        if ((await write(file, content)) !== digest) {
          throw new CanfarError("request.invalid", {
            message: `the content has another SHA-256 than ${digest}`,
            hint: "It changed while it was sent: try again.",
          });
        }
        await rename(kept.at(unfinished), kept.at(digest));
      } catch (error) {
        await rm(kept.at(unfinished), { force: true });
        throw error;
      }
    });
  }

  /**
   * Makes a folder of kept contents. It appears whole, or not at all.
   *
   * @throws CanfarError `request.conflict` where the folder is there, `storage.full`
   */
  async makeFolder(username: string, { folder, files }: FolderRequest): Promise<FolderAnswer> {
    const answer = { folder: `/arc/home/${username}/${folder}` };
    return await this.#inHome(username, async (home) => {
      await using kept = await home.enterAll(KEPT);
      const missing = await missingIn(kept, files);
      if (missing.length > 0) return { ...answer, missing };
      const names = folder.split("/");
      const name = names.pop() ?? "";
      await using parent = await home.enterAll(names);
      if ((await parent.find(name)) !== null) throw folderTaken(answer.folder);
      const unfinished = `.${randomUUID()}`;
      try {
        const damaged = await fill(parent, { name: unfinished, kept, files });
        if (damaged.length === 0) await rename(parent.at(unfinished), parent.at(name));
        return { ...answer, missing: damaged };
      } finally {
        await rm(parent.at(unfinished), { recursive: true, force: true });
      }
    });
  }

  async #inHome<T>(username: string, work: (home: HeldFolder) => Promise<T>): Promise<T> {
    this.#homes.ensure(username);
    try {
      await using home = await HeldFolder.open(join(this.#folder, username));
      return await work(home);
    } catch (error) {
      throw asFailure(error, username);
    }
  }
}

/** Contents that are not kept, or not with their size. */
async function missingIn(kept: HeldFolder, files: readonly CarriedFile[]): Promise<string[]> {
  const missing = new Set<string>();
  for (const { digest, size } of files) {
    const found = await kept.find(digest);
    if (found?.isFile() !== true || found.size !== size) missing.add(digest);
  }
  return [...missing];
}

/** @returns digests of kept contents that were changed since, and so are of no use */
async function fill(
  parent: HeldFolder,
  { name, kept, files }: { name: string; kept: HeldFolder; files: readonly CarriedFile[] },
): Promise<string[]> {
  await using folder = await parent.enter(name);
  const damaged = new Set<string>();
  for (const file of files) {
    const names = file.path.split("/");
    const last = names.pop() ?? "";
    await using place = await folder.enterAll(names);
    if (await copy(kept.at(file.digest), place.at(last), file)) continue;
    damaged.add(file.digest);
    await rm(kept.at(file.digest), { force: true });
  }
  return [...damaged];
}

/** @returns false where the content is not what its name says */
async function copy(from: string, to: string, { digest, executable }: CarriedFile): Promise<boolean> {
  await using source = await open(from, READ_FILE);
  await using target = await open(to, NEW_FILE, executable ? 0o755 : 0o644);
  return (await write(target, source.createReadStream({ autoClose: false }))) === digest;
}

/** @returns the SHA-256 of what was written */
async function write(
  file: FileHandle,
  content: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
): Promise<string> {
  const hash = createHash("sha256");
  let size = 0;
  for await (const chunk of content) {
    size += chunk.length;
    if (size > MAX_CARRIED_FILE_BYTES) throw fileTooLarge();
    hash.update(chunk);
    await file.appendFile(chunk);
  }
  return hash.digest("hex");
}

function fileTooLarge(): CanfarError {
  return new CanfarError("request.too_large", {
    message: `a carried file may have ${MAX_CARRIED_FILE_BYTES} bytes at most`,
    hint: "Copy data to /arc yourself, and pass its path.",
  });
}

function folderTaken(folder: string): CanfarError {
  return new CanfarError("request.conflict", {
    message: `${folder} is there already`,
    hint: "Choose another name for the folder.",
    details: { folder },
  });
}

function asFailure(error: unknown, username: string): unknown {
  const code = (error as NodeJS.ErrnoException).code ?? "";
  if (FULL.includes(code)) {
    return new CanfarError("storage.full", {
      message: `the disk with the home of ${username} is full; nothing was left half-done`,
      hint: "Free some space below /arc/home and try again.",
      cause: error,
    });
  }
  if (!IN_THE_WAY.includes(code)) return error;
  return new CanfarError("request.conflict", {
    message: `something that is no folder stands in the way in the home of ${username}`,
    hint: `Look at /arc/home/${username}/.canfar/run, and at the folder that was to be made.`,
    cause: error,
  });
}

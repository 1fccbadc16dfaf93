import { constants, type Stats } from "node:fs";
import { type FileHandle, lstat, mkdir, open } from "node:fs/promises";
import { join } from "node:path";

/** Where Linux lets paths begin at a folder that is held open, whatever happens to its name. */
const DESCRIPTORS = "/proc/self/fd";
const HAS_DESCRIPTORS = process.platform === "linux";

const FOLDER = constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW;

/**
 * A folder in a user's home, held open. Programs of that user may put links anywhere in it at any moment, and the
 * platform must not follow one to where the user may not write: so every step goes from a folder that is held to a name
 * in it, and never through a link.
 */
export class HeldFolder implements AsyncDisposable {
  readonly #handle: FileHandle;
  readonly #path: string;

  private constructor(handle: FileHandle, path: string) {
    this.#handle = handle;
    this.#path = path;
  }

  /** @param path of a folder that only the platform can replace */
  static async open(path: string): Promise<HeldFolder> {
    return new HeldFolder(await open(path, FOLDER), path);
  }

  /** Path of a name in it, to be used while it is held and without following links. */
  at(name: string): string {
    return HAS_DESCRIPTORS ? `${DESCRIPTORS}/${this.#handle.fd}/${name}` : join(this.#path, name);
  }

  /**
   * The folder of that name in it, made where it is missing.
   *
   * @throws the system's ENOTDIR or ELOOP where the name is something else, a link for one
   */
  async enter(name: string): Promise<HeldFolder> {
    try {
      await mkdir(this.at(name));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
    }
    return new HeldFolder(await open(this.at(name), FOLDER), join(this.#path, name));
  }

  /** The folder at the end of a path of names; this one, held once more, where the path is empty. */
  async enterAll(names: readonly string[]): Promise<HeldFolder> {
    let folder = new HeldFolder(await open(this.at("."), FOLDER), this.#path);
    for (const name of names) {
      await using outer = folder;
      folder = await outer.enter(name);
    }
    return folder;
  }

  /** What has that name, a link as a link; null where there is nothing. */
  async find(name: string): Promise<Stats | null> {
    try {
      return await lstat(this.at(name));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "ENOENT") return null;
      throw error;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#handle.close();
  }
}

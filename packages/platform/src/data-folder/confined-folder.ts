import {
  closeSync,
  constants,
  type Dirent,
  fstatSync,
  lstatSync,
  openSync,
  readdirSync,
  readlinkSync,
  readSync,
  type Stats,
} from "node:fs";

const FOLDER = constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW;
/** A pipe that somebody put there must not make the platform wait. */
const FILE = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;

/** What is not there, or is not what it should be: a link, a file in place of a folder, something unreadable. */
const NOT_THERE = ["ENOENT", "ENOTDIR", "ELOOP", "EACCES", "EPERM", "ENXIO", "ENODEV", "EINVAL"];

/**
 * An open folder in which users write. Whatever they put there, also while it is read, nothing outside of it is reached:
 * each step goes through the open folder of the step before (`/proc/self/fd`, in place of `openat`, which Node lacks) and
 * follows no link. Close it, or hold it with `using`.
 */
export class ConfinedFolder implements Disposable {
  readonly #descriptor: number;

  private constructor(descriptor: number) {
    this.#descriptor = descriptor;
  }

  /** @param path of a folder that only the platform can have made; null where there is none */
  static open(path: string): ConfinedFolder | null {
    const descriptor = opened(path, FOLDER);
    return descriptor === null ? null : new ConfinedFolder(descriptor);
  }

  /** A folder in it; null where there is none of this name. */
  folder(name: string): ConfinedFolder | null {
    const descriptor = opened(this.#at(name), FOLDER);
    return descriptor === null ? null : new ConfinedFolder(descriptor);
  }

  entries(): Dirent[] {
    return readdirSync(this.#path, { withFileTypes: true });
  }

  names(): string[] {
    return readdirSync(this.#path);
  }

  /** Of the name itself, also where it is a link. */
  stat(name: string): Stats | null {
    return orNull(() => lstatSync(this.#at(name)));
  }

  /** Where a link leads; null where there is none of this name. */
  link(name: string): string | null {
    return this.stat(name)?.isSymbolicLink() ? orNull(() => readlinkSync(this.#at(name))) : null;
  }

  /**
   * The bytes of a file from an offset to its end; null where there is no file of this name.
   *
   * @param most bytes that are read at most
   */
  read(name: string, from = 0, most = Number.POSITIVE_INFINITY): Buffer | null {
    const descriptor = opened(this.#at(name), FILE);
    if (descriptor === null) return null;
    try {
      const stats = fstatSync(descriptor);
      if (!stats.isFile()) return null;
      const bytes = Buffer.allocUnsafe(Math.max(0, Math.min(stats.size - from, most)));
      let length = 0;
      while (length < bytes.length) {
        const count = readSync(descriptor, bytes, length, bytes.length - length, from + length);
        if (count === 0) break;
        length += count;
      }
      return bytes.subarray(0, length);
    } finally {
      closeSync(descriptor);
    }
  }

  [Symbol.dispose](): void {
    closeSync(this.#descriptor);
  }

  get #path(): string {
    return `/proc/self/fd/${this.#descriptor}`;
  }

  #at(name: string): string {
    if (name === "" || name === "." || name === ".." || name.includes("/"))
      throw new RangeError(`'${name}' is no name in a folder`);
    return `${this.#path}/${name}`;
  }
}

function opened(path: string, flags: number): number | null {
  return orNull(() => openSync(path, flags));
}

function orNull<T>(look: () => T): T | null {
  try {
    return look();
  } catch (error) {
    if (NOT_THERE.includes((error as NodeJS.ErrnoException).code ?? "")) return null;
    throw error;
  }
}

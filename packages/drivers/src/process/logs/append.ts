import { closeSync, mkdirSync, openSync, statSync, writeSync } from "node:fs";
import { dirname } from "node:path";

/** Bytes on their way to the end of a file. What a full disk took of them is not written again. */
export class Append {
  readonly #file: string;
  #left: Buffer;

  constructor(file: string, bytes: Buffer) {
    this.#file = file;
    this.#left = bytes;
  }

  get length(): number {
    return this.#left.length;
  }

  /**
   * Writes what is left; after an error it may be called again.
   *
   * @throws the file system's error (ENOSPC)
   */
  finish(): void {
    if (this.#left.length === 0) return;
    const descriptor = openToAppend(this.#file);
    try {
      while (this.#left.length > 0) this.#left = this.#left.subarray(writeSync(descriptor, this.#left));
    } finally {
      closeSync(descriptor);
    }
  }
}

/** In bytes; 0 where there is no file. */
export function sizeOf(file: string): number {
  return statSync(file, { throwIfNoEntry: false })?.size ?? 0;
}

function openToAppend(file: string): number {
  try {
    return openSync(file, "a", 0o600);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
    mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
    return openSync(file, "a", 0o600);
  }
}

import { execFileSync } from "node:child_process";
import { randomUUID } from "node:crypto";
import { mkdirSync, readdirSync, renameSync } from "node:fs";
import { join } from "node:path";

const BATCH = 64;

/**
 * Named pipes for the output of Sessions, made many at a time: Node has no call for it, and one `mkfifo` process for
 * each would cost more than the launch itself.
 */
export class FifoPool {
  readonly #folder: string;
  readonly #free: string[];

  constructor(folder: string) {
    this.#folder = folder;
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    this.#free = readdirSync(folder).map((name) => join(folder, name));
  }

  /**
   * Makes pipes ahead, so that the next launch finds one.
   *
   * @throws Error with the words of `mkfifo`, on a full disk for example
   */
  fill(): void {
    if (this.#free.length >= BATCH / 2) return;
    const names = Array.from({ length: BATCH }, () => join(this.#folder, randomUUID()));
    execFileSync("mkfifo", ["-m", "600", ...names], { stdio: ["ignore", "ignore", "pipe"] });
    this.#free.push(...names);
  }

  /** Puts a new pipe at `path`. @throws Error as `fill` does */
  place(path: string): void {
    if (this.#free.length === 0) this.fill();
    const fifo = this.#free.pop();
    if (fifo === undefined) throw new Error("mkfifo made no pipe");
    renameSync(fifo, path);
  }
}

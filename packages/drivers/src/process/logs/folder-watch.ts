import { type FSWatcher, watch } from "node:fs";

/** Where the system cannot tell of changes (no folder yet, no watches left), one looks again after this time. */
const LOOK_AGAIN_MS = 100;
/** With a watch: for events that got lost. */
const LOOK_AGAIN_WATCHED_MS = 1000;

/** Tells a reader that something in a folder may have changed since it looked last. One watch, however many files. */
export class FolderWatch {
  readonly #folder: string;
  #watcher: FSWatcher | null = null;
  #hasChanged = true;
  #wake: (() => void) | null = null;

  constructor(folder: string) {
    this.#folder = folder;
    this.#start();
  }

  /** Something else happened that makes it worth to look. */
  poke(): void {
    this.#hasChanged = true;
    this.#wake?.();
  }

  /** Resolves at once where something changed since this was called last, else at the next change. */
  async changed(signal: AbortSignal | undefined): Promise<void> {
    this.#start();
    if (!this.#hasChanged && !signal?.aborted) await this.#next(signal);
    this.#hasChanged = false;
  }

  close(): void {
    this.#watcher?.close();
    this.#wake?.();
  }

  #next(signal: AbortSignal | undefined): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(() => done(), this.#watcher === null ? LOOK_AGAIN_MS : LOOK_AGAIN_WATCHED_MS);
      const done = () => {
        clearTimeout(timer);
        signal?.removeEventListener("abort", done);
        this.#wake = null;
        resolve();
      };
      this.#wake = done;
      signal?.addEventListener("abort", done, { once: true });
    });
  }

  #start(): void {
    if (this.#watcher !== null) return;
    try {
      this.#watcher = watch(this.#folder, () => this.poke());
    } catch {
      return; // The folder is not there yet, or there are no watches left: the timer does it.
    }
    this.#hasChanged = true;
    this.#watcher.on("error", () => {
      this.#watcher?.close();
      this.#watcher = null;
    });
  }
}

import { closeSync, openSync, write } from "node:fs";
import { promisify } from "node:util";

const writeFile = promisify(write);

/** Above this many unwritten bytes the source is asked to wait. */
const HIGH_WATER_BYTES = 1024 * 1024;
const RETRY_MS = 1000;

export interface LogWriterEvents {
  /** The source should stop (true) or may go on (false). */
  onPressure(stop: boolean): void;
  /** The file cannot be written, for the first time since it could; or it can be again (null). */
  onTrouble(error: NodeJS.ErrnoException | null): void;
}

/**
 * Appends to one log file. A full disk loses nothing: what could not be written stays in memory up to a bound, the
 * source is asked to wait beyond it, and writing is tried again each second.
 */
export class LogWriter {
  readonly #file: string;
  readonly #events: LogWriterEvents;
  #descriptor: number | null = null;
  #pending: Buffer[] = [];
  #pendingBytes = 0;
  #writing: Promise<void> | null = null;
  #trouble = Promise.withResolvers<void>();
  #inTrouble = false;

  constructor(file: string, events: LogWriterEvents) {
    this.#file = file;
    this.#events = events;
  }

  append(text: string): void {
    const buffer = Buffer.from(text);
    this.#pending.push(buffer);
    this.#pendingBytes += buffer.length;
    if (this.#pendingBytes > HIGH_WATER_BYTES) this.#events.onPressure(true);
    this.#writing ??= this.#drain();
  }

  /** Resolves when the file cannot be written, at once if that is so now. */
  inTrouble(): Promise<void> {
    return this.#trouble.promise;
  }

  /** Writes what is left and closes; waits for a full disk as long as it takes. */
  async close(): Promise<void> {
    while (this.#writing !== null) await this.#writing;
    if (this.#descriptor !== null) closeSync(this.#descriptor);
    this.#descriptor = null;
  }

  async #drain(): Promise<void> {
    await Promise.resolve(); // Lines that arrive in one turn become one write.
    while (this.#pending.length > 0) {
      const batch = Buffer.concat(this.#pending);
      this.#pending = [];
      await this.#writeAll(batch);
      this.#pendingBytes = this.#pending.reduce((sum, { length }) => sum + length, 0);
      if (this.#pendingBytes <= HIGH_WATER_BYTES) this.#events.onPressure(false);
    }
    this.#writing = null;
  }

  async #writeAll(batch: Buffer): Promise<void> {
    for (let offset = 0; offset < batch.length; ) {
      try {
        this.#descriptor ??= openSync(this.#file, "a", 0o600);
        const left = batch.length - offset;
        const { bytesWritten } = await writeFile(this.#descriptor, batch, offset, left, null);
        offset += bytesWritten;
        this.#setTrouble(null);
      } catch (error) {
        this.#setTrouble(error as NodeJS.ErrnoException);
        await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
      }
    }
  }

  #setTrouble(error: NodeJS.ErrnoException | null): void {
    const isNew = this.#inTrouble !== (error !== null);
    if (!isNew) return;
    this.#inTrouble = error !== null;
    if (error === null) this.#trouble = Promise.withResolvers();
    else this.#trouble.resolve();
    this.#events.onTrouble(error);
  }
}

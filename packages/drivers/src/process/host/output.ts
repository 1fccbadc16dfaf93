import { closeSync, constants, openSync } from "node:fs";
import { Socket } from "node:net";
import { join } from "node:path";
import type { LogLine } from "../../session-driver.ts";
import { formatLine, formatTime } from "../logs/cri-format.ts";
import { LineSplitter } from "../logs/line-splitter.ts";
import { LogWriter } from "../logs/log-writer.ts";

const STREAMS = ["stdout", "stderr"] as const;

/** What a Session prints: from its two pipes, line by line and stamped, into its log file. */
export class Output {
  readonly #readers: Socket[] = [];
  readonly #writer: LogWriter;
  readonly #closed: Promise<unknown>;
  #finishing = false;

  /** @param onTrouble told when the log cannot be written, and again (null) when it can */
  constructor(runFolder: string, logFile: string, onTrouble: (error: NodeJS.ErrnoException | null) => void) {
    this.#writer = new LogWriter(logFile, { onPressure: (stop) => this.#setPressure(stop), onTrouble });
    this.#closed = Promise.all(STREAMS.map((stream) => this.#read(join(runFolder, stream), stream)));
  }

  /**
   * Ends that a Session writes to, for its stdio. Open for reading too, so that the Session itself keeps the pipe whole:
   * it never gets SIGPIPE, even when the host that reads has died.
   */
  static openWriters(runFolder: string): { descriptors: number[]; close(): void } {
    const descriptors = STREAMS.map((stream) => openSync(join(runFolder, stream), constants.O_RDWR));
    return {
      descriptors,
      close() {
        for (const descriptor of descriptors) closeSync(descriptor);
      },
    };
  }

  #read(fifo: string, stream: LogLine["stream"]): Promise<void> {
    const splitter = new LineSplitter(stream);
    const descriptor = openSync(fifo, constants.O_RDONLY | constants.O_NONBLOCK);
    const reader = new Socket({ fd: descriptor, readable: true, writable: false });
    this.#readers.push(reader);
    reader.on("data", (chunk) => this.#append(splitter.push(chunk, now())));
    reader.on("error", () => reader.destroy()); // Its close is what counts.
    return new Promise((resolve) => {
      reader.on("close", () => {
        this.#append(splitter.end(now()));
        resolve();
      });
    });
  }

  #append(lines: readonly LogLine[]): void {
    if (lines.length > 0) this.#writer.append(lines.map(formatLine).join(""));
  }

  /** At the end what is left in the pipes is bounded, and is taken whatever the disk says. */
  #setPressure(stop: boolean): void {
    for (const reader of this.#readers) stop && !this.#finishing ? reader.pause() : reader.resume();
  }

  /**
   * Takes what is left in the pipes and puts it into the file.
   *
   * @param patienceMs after which pipes that something still holds open are closed
   * @returns a promise of the file being complete, once the pipes are empty and either it is or it cannot be written now
   */
  async finish(patienceMs: number): Promise<{ readonly complete: Promise<void> }> {
    this.#finishing = true;
    this.#setPressure(false);
    const timer = setTimeout(() => this.#stopReading(), patienceMs);
    await this.#closed;
    clearTimeout(timer);
    const complete = this.#writer.close();
    await Promise.race([complete, this.#writer.inTrouble()]);
    return { complete };
  }

  /** Stops reading for good; what the Session prints waits in the pipes for the next host. */
  async release(): Promise<void> {
    this.#stopReading();
    await this.#closed;
    await Promise.race([this.#writer.close(), this.#writer.inTrouble()]);
  }

  #stopReading(): void {
    for (const reader of this.#readers) reader.destroy();
  }
}

function now(): string {
  return formatTime(performance.timeOrigin + performance.now());
}

import { closeSync, constants, openSync } from "node:fs";
import { Socket } from "node:net";
import { join } from "node:path";
import type { LogLine } from "../../session-driver.ts";
import { currentTime, formatTime } from "../logs/cri-format.ts";
import { LineSplitter } from "../logs/line-splitter.ts";
import type { AttemptLog, LogStore, NewLog } from "../logs/log-store.ts";

const STREAMS = ["stdout", "stderr"] as const;

/** What a Session prints: from its two pipes, line by line and stamped, into its log. */
export class Output {
  readonly #readers: Socket[] = [];
  readonly #log: AttemptLog;
  readonly #closed: Promise<unknown>;
  #finishing = false;
  #isPressed = false;

  /** @param options.onTrouble told when the log cannot be written, and again (null) when it can */
  constructor(options: {
    runFolder: string;
    logs: LogStore;
    log: NewLog;
    onTrouble: (error: NodeJS.ErrnoException | null) => void;
  }) {
    const { runFolder, logs, log, onTrouble } = options;
    this.#log = logs.open(log, { onPressure: (stop) => this.#setPressure(stop), onTrouble });
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
    if (this.#isPressed) reader.pause();
    reader.on("error", () => reader.destroy()); // Its close is what counts.
    return new Promise((resolve) => {
      reader.on("close", () => {
        this.#append(splitter.end(now()));
        resolve();
      });
    });
  }

  #append(lines: readonly LogLine[]): void {
    if (lines.length > 0) this.#log.append(lines);
  }

  /** At the end what is left in the pipes is bounded, and is taken whatever the disk says. */
  #setPressure(stop: boolean): void {
    this.#isPressed = stop;
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
    const complete = this.#log.close();
    await Promise.race([complete, this.#log.inTrouble()]);
    return { complete };
  }

  /** Stops reading for good; what the Session prints waits in the pipes for the next host. */
  async release(): Promise<void> {
    this.#stopReading();
    await this.#closed;
    await Promise.race([this.#log.close(), this.#log.inTrouble()]);
  }

  #stopReading(): void {
    for (const reader of this.#readers) reader.destroy();
  }
}

function now(): string {
  return formatTime(currentTime());
}

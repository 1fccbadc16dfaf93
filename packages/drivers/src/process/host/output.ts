import type { LogLine } from "../../session-driver.ts";
import { currentTime, formatTime } from "../logs/cri-format.ts";
import { LineSplitter } from "../logs/line-splitter.ts";
import type { AttemptLog, LogStore, NewLog } from "../logs/log-store.ts";
import type { OutputPipes } from "./output-pipes.ts";

/** What a Session prints: from its lane's pipes, line by line and stamped, into its log. */
export class Output {
  readonly #pipes: OutputPipes;
  readonly #log: AttemptLog;
  readonly #splitters = { stdout: new LineSplitter("stdout"), stderr: new LineSplitter("stderr") };
  #finishing = false;

  /** @param options.onTrouble told when the log cannot be written, and again (null) when it can */
  constructor(options: {
    pipes: OutputPipes;
    logs: LogStore;
    log: NewLog;
    onTrouble: (error: NodeJS.ErrnoException | null) => void;
  }) {
    const { pipes, logs, log, onTrouble } = options;
    this.#pipes = pipes;
    pipes.resume(); // Whoever had them before may have been asked to wait.
    this.#log = logs.open(log, { onPressure: (stop) => this.#setPressure(stop), onTrouble });
    pipes.deliverTo((stream, chunk) => this.#append(this.#splitters[stream].push(chunk, now())));
  }

  #append(lines: readonly LogLine[]): void {
    if (lines.length > 0) this.#log.append(lines);
  }

  /** At the end what is left in the pipes is bounded, and is taken whatever the disk says. */
  #setPressure(stop: boolean): void {
    if (stop && !this.#finishing) this.#pipes.pause();
    else this.#pipes.resume();
  }

  /**
   * Takes what is left in the pipes, now that nobody writes any more, and puts it into the log.
   *
   * @returns a promise of the log being complete, once it is or it cannot be written now
   */
  async finish(): Promise<{ readonly complete: Promise<void> }> {
    this.#finishing = true;
    this.#pipes.resume();
    this.#takeAll();
    const complete = this.#log.close();
    await Promise.race([complete, this.#log.inTrouble()]);
    return { complete };
  }

  /** Stops reading for good; what the Session prints waits in the pipes for the next host. */
  async release(): Promise<void> {
    this.#pipes.close();
    this.#takeRest();
    await Promise.race([this.#log.close(), this.#log.inTrouble()]);
  }

  #takeAll(): void {
    this.#pipes.drain();
    this.#pipes.deliverTo(() => {}); // They may be somebody else's now.
    this.#takeRest();
  }

  /** What came last without a line end. */
  #takeRest(): void {
    for (const splitter of Object.values(this.#splitters)) this.#append(splitter.end(now()));
  }
}

function now(): string {
  return formatTime(currentTime());
}

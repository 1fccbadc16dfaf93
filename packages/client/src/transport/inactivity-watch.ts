import type { Clock } from "../clock.ts";

/** Aborts its signal once nothing has been heard for a while. */
export class InactivityWatch {
  readonly #controller = new AbortController();
  readonly #clock: Clock;
  readonly #timeoutMs: number;
  #timer: { cancel(): void };
  #stopped = false;

  constructor(clock: Clock, timeoutMs: number) {
    this.#clock = clock;
    this.#timeoutMs = timeoutMs;
    this.#timer = this.#start();
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** Something was heard: the time starts again. */
  touch(): void {
    if (this.#stopped) return;
    this.#timer.cancel();
    this.#timer = this.#start();
  }

  stop(): void {
    this.#stopped = true;
    this.#timer.cancel();
  }

  #start(): { cancel(): void } {
    return this.#clock.setTimer(this.#timeoutMs, () => this.#controller.abort());
  }
}

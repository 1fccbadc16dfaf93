import type { Clock } from "../clock.ts";
import { systemClock } from "../clock.ts";

/** A clock on which waits up to `upToMs` pass at once; longer ones, such as time limits, take their time. */
export class HurriedClock implements Clock {
  readonly waits: number[] = [];
  readonly #upToMs: number;
  #ahead = 0;

  constructor(upToMs = 20_000) {
    this.#upToMs = upToMs;
  }

  now(): Date {
    return new Date(systemClock.now().getTime() + this.#ahead);
  }

  setTimer(milliseconds: number, callback: () => void): { cancel(): void } {
    if (milliseconds > this.#upToMs) return systemClock.setTimer(milliseconds, callback);
    this.waits.push(milliseconds);
    const immediate = setImmediate(() => {
      this.#ahead += milliseconds;
      callback();
    });
    return { cancel: () => clearImmediate(immediate) };
  }
}

/** A clock that moves only when a test says so. Fits the platform's `Clock`. */
export class ManualClock {
  #now: number;
  #timers: { at: number; callback: () => void }[] = [];

  constructor(start: string = "2026-01-01T00:00:00.000Z") {
    this.#now = Date.parse(start);
  }

  now(): Date {
    return new Date(this.#now);
  }

  setTimer(milliseconds: number, callback: () => void): { cancel(): void } {
    const timer = { at: this.#now + milliseconds, callback };
    this.#timers.push(timer);
    return {
      cancel: () => {
        this.#timers = this.#timers.filter((other) => other !== timer);
      },
    };
  }

  /** Moves time on; timers fire in the order of their times, each at its own time. */
  advance(milliseconds: number): void {
    const end = this.#now + milliseconds;
    for (let next = this.#nextUntil(end); next !== undefined; next = this.#nextUntil(end)) {
      this.#timers = this.#timers.filter((timer) => timer !== next);
      this.#now = Math.max(this.#now, next.at);
      next.callback();
    }
    this.#now = end;
  }

  /** Somebody sets the clock: what it shows changes, timers go on as they were. @param milliseconds back, if negative */
  set(milliseconds: number): void {
    this.#now += milliseconds;
    this.#timers = this.#timers.map((timer) => Object.assign(timer, { at: timer.at + milliseconds }));
  }

  #nextUntil(end: number): { at: number; callback: () => void } | undefined {
    return this.#timers.filter(({ at }) => at <= end).sort((a, b) => a.at - b.at)[0];
  }
}

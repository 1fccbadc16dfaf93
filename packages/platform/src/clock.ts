/** The platform's only source of time, so that tests can move it by hand. */
export interface Clock {
  now(): Date;
  /** Calls `callback` once, after `milliseconds`. The timer alone does not keep the process alive. */
  setTimer(milliseconds: number, callback: () => void): Timer;
}

export interface Timer {
  cancel(): void;
}

/** Node's timers overflow, and fire at once, above this. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

export const systemClock: Clock = {
  now: () => new Date(),
  setTimer(milliseconds, callback) {
    const timer = setTimeout(callback, Math.min(Math.max(0, milliseconds), LONGEST_TIMER_MS));
    timer.unref();
    return { cancel: () => clearTimeout(timer) };
  },
};

/** Resolves after `milliseconds`, or when `signal` aborts. */
export function pause(clock: Clock, milliseconds: number, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => {
    const done = () => {
      timer.cancel();
      signal.removeEventListener("abort", done);
      resolve();
    };
    const timer = clock.setTimer(milliseconds, done);
    signal.addEventListener("abort", done, { once: true });
  });
}

/** The library's only source of time, so that tests can move it by hand. */
export interface Clock {
  now(): Date;
  /** Calls `callback` once, after `milliseconds`. */
  setTimer(milliseconds: number, callback: () => void): { cancel(): void };
}

export const systemClock: Clock = {
  now: () => new Date(),
  // The timer keeps the process alive: a command that waits for its next try has nothing else that would.
  setTimer(milliseconds, callback) {
    const timer = setTimeout(callback, Math.max(0, milliseconds));
    return { cancel: () => clearTimeout(timer) };
  },
};

/** Waits; rejects with the signal's reason as soon as it is aborted. */
export async function wait(clock: Clock, milliseconds: number, signal?: AbortSignal): Promise<void> {
  signal?.throwIfAborted();
  await new Promise<void>((resolve, reject) => {
    const abort = () => {
      timer.cancel();
      reject(signal?.reason);
    };
    const timer = clock.setTimer(milliseconds, () => {
      signal?.removeEventListener("abort", abort);
      resolve();
    });
    signal?.addEventListener("abort", abort, { once: true });
  });
}

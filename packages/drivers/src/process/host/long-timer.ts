export interface Timer {
  cancel(): void;
}

/** The longest time that Node's own timers know. */
const MAX_TIMER_MS = 2 ** 31 - 1;

/** A timer for any number of milliseconds, months as well. */
export function startLongTimer(milliseconds: number, callback: () => void): Timer {
  let timer: NodeJS.Timeout;
  const wait = (left: number) => {
    const part = Math.min(Math.max(left, 0), MAX_TIMER_MS);
    timer = setTimeout(() => (left > part ? wait(left - part) : callback()), part);
  };
  wait(milliseconds);
  return { cancel: () => clearTimeout(timer) };
}

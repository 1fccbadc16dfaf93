/** Milliseconds since 1970 by the machine's clock; tests give another. */
export const systemClock = (): number => Date.now();

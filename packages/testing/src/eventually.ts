const PAUSE_MS = 5;

/**
 * Waits until `condition` holds: returns something else than false, null or undefined.
 *
 * @returns what it returned
 * @throws Error after `withinMs`, with the last error of `condition` as its cause
 */
export async function eventually<T>(
  condition: () => T | Promise<T>,
  options: { withinMs?: number; what?: string } = {},
): Promise<Exclude<T, false | null | undefined>> {
  const { withinMs = 30_000, what = "what was waited for" } = options;
  const end = performance.now() + withinMs;
  let cause: unknown;
  do {
    try {
      const value = await condition();
      if (value !== false && value !== null && value !== undefined) {
        return value as Exclude<T, false | null | undefined>;
      }
      cause = undefined;
    } catch (error) {
      cause = error;
    }
    await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
  } while (performance.now() < end);
  throw new Error(`${what} did not come true within ${withinMs} ms`, { cause });
}

import type { LogLine, SessionDriver, SessionRef } from "@canfar/drivers";

/** Lines from the end in which the error is looked for: a Python traceback is rarely longer. */
const TAIL_LINES = 40;
/** Logs that are open at the same time. */
const AT_ONCE = 32;

/**
 * The last lines of many attempts.
 *
 * @returns lines by Session id, oldest first; an attempt without output has none
 */
export async function readTails(
  driver: SessionDriver,
  attempts: readonly SessionRef[],
  signal: AbortSignal,
): Promise<ReadonlyMap<string, readonly LogLine[]>> {
  const tails = new Map<string, readonly LogLine[]>();
  const rest = attempts.values();
  const read = async () => {
    for (const { sessionId, attempt } of rest) {
      if (signal.aborted) return;
      const lines = driver.readLog({ sessionId, attempt }, { follow: false, tail: TAIL_LINES, signal });
      tails.set(sessionId, await Array.fromAsync(lines));
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, read));
  return tails;
}

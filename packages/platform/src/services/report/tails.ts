import type { LogLine, SessionDriver, SessionRef } from "@canfar/drivers";

/** Lines from the end in which the error is looked for: a Python traceback is rarely longer. */
const TAIL_LINES = 40;

/**
 * The last lines of many attempts of one Group, each the newest one of its Session.
 *
 * @returns lines by Session id, oldest first; an attempt without output is absent
 */
export async function readTails(
  driver: SessionDriver,
  { group, attempts }: { group: string; attempts: readonly SessionRef[] },
  signal: AbortSignal,
): Promise<ReadonlyMap<string, readonly LogLine[]>> {
  const wanted = new Map(attempts.map(({ sessionId, attempt }) => [sessionId, attempt]));
  const tails = new Map<string, LogLine[]>();
  if (wanted.size === 0) return tails;
  const sessionIds = new Set(wanted.keys());
  const options = { followUntil: null, sessionIds, tail: TAIL_LINES, signal };
  for await (const { lines } of driver.readGroupLog(group, options)) {
    for (const line of lines) {
      // The newest attempt with output may be one before the last.
      if (line.attempt !== wanted.get(line.sessionId)) continue;
      const tail = tails.get(line.sessionId) ?? [];
      tail.push(line);
      tails.set(line.sessionId, tail);
    }
  }
  return tails;
}

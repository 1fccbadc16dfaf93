/**
 * The line in a segment that says whose lines follow: `# <session>.<attempt> <replica>`. No log line looks like it,
 * because each begins with its time; so a segment can be read without its index, also after a crash.
 */
import type { SessionRef } from "../../session-driver.ts";

/** Whose lines they are. */
export interface LogOwner extends SessionRef {
  /** From 1. */
  readonly replicaIndex: number;
}

/** How a heading begins, and no other line does. */
export const HEADING_MARK = "# ";

export function formatHeading({ sessionId, attempt, replicaIndex }: LogOwner): string {
  return `${HEADING_MARK}${sessionId}.${attempt} ${replicaIndex}\n`;
}

/** @param text the line, without its end @returns null where it is no heading, or a damaged one */
export function parseHeading(text: string): LogOwner | null {
  const match = /^# (\w+)\.(\d+) (\d+)$/.exec(text);
  if (match === null) return null;
  const [, sessionId = "", attempt, replicaIndex] = match;
  return { sessionId, attempt: Number(attempt), replicaIndex: Number(replicaIndex) };
}

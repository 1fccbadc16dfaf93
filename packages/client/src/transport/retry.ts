import type { CanfarError } from "@canfar/contract";

/** Tries in all, the first included. */
const MAX_ATTEMPTS = 4;
const FIRST_DELAY_MS = 200;
/** A server that asks for more patience than this gets its error shown instead. */
const LONGEST_WAIT_S = 20;

const BUSY_STATUSES: readonly unknown[] = [429, 502, 503, 504];

/**
 * How long to wait before the same request goes out again; null when it should not.
 *
 * A refused connection is final: nothing listens there, and people want to read that at once.
 */
export function retryDelayMs(error: CanfarError, attempts: number): number | null {
  if (attempts >= MAX_ATTEMPTS) return null;
  const { status, reason, retryAfterSeconds } = error.details;
  // A quota also answers 429, and waiting a second does not help it.
  const busy = error.code === "server.unavailable" && BUSY_STATUSES.includes(status);
  const brokenOff = status === undefined && error.code === "transport.failure" && reason !== undefined;
  if (!busy && !brokenOff) return null;
  const asked = typeof retryAfterSeconds === "number" ? retryAfterSeconds : 0;
  if (asked > LONGEST_WAIT_S) return null;
  // Half of it at random, so that many clients do not come back at the same moment.
  const backOff = FIRST_DELAY_MS * 2 ** (attempts - 1) * (0.5 + Math.random() / 2);
  return Math.max(asked * 1000, backOff);
}

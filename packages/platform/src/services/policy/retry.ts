import { type BatchPolicy, ITEM_EXIT_CODES, MAX_RETRY_DELAY_SECONDS } from "@canfar/contract";
import type { SessionOutcome } from "@canfar/drivers";
import { type GroupRecord, policyOf } from "../../records/group-store.ts";
import type { Requeue, SessionRecord } from "../../records/session-store.ts";
import { later } from "../observation-change.ts";

export type RetryDecision = Requeue & { readonly reason: string; readonly message: string };

/** Memory of the next attempt after one that ran out of it. */
const MEMORY_FACTOR = 2;

/** Seconds between a failed attempt and the next one. @param failed attempts that failed so far, from 1 */
export function retryDelaySeconds(policy: BatchPolicy, failed: number): number {
  return Math.min(policy.retryDelaySeconds * 2 ** (failed - 1), MAX_RETRY_DELAY_SECONDS);
}

/** The longest wait that a Group's policy can make. */
export function longestDelaySeconds(policy: BatchPolicy): number {
  return policy.retries === 0 ? 0 : retryDelaySeconds(policy, policy.retries);
}

/**
 * Whether a Session that has just ended gets another attempt, and how; pure. Every failure is tried again (exit code,
 * signal, out of memory, time limit, lost, image), except what somebody asked to end, and a Replica that has no Item left
 * to try.
 *
 * @param options.session as its end leaves it
 * @param options.largestMemoryGiB most that a Session may get on this platform
 * @returns null where this end is for good
 */
export function decideRetry(options: {
  session: SessionRecord;
  group: GroupRecord;
  outcome: SessionOutcome | null;
  largestMemoryGiB: number;
  now: string;
}): RetryDecision | null {
  const { session, group, outcome, largestMemoryGiB, now } = options;
  const policy = policyOf(group);
  const tried = session.attempt - session.attemptsBefore;
  if (session.status !== "Failed" || group.interactive || group.stopped !== null) return null;
  if (tried > policy.retries || wasAskedToEnd(session, outcome)) return null;
  if (group.details.items !== undefined && outcome?.exitCode === ITEM_EXIT_CODES.setAside) return null;
  const notBefore = later(now, retryDelaySeconds(policy, tried));
  const memoryGiB = outcome?.outOfMemory ? raisedMemory(group, session, largestMemoryGiB) : session.memoryGiB;
  const raised = memoryGiB === session.memoryGiB ? "" : ` with ${memoryGiB} GiB of memory`;
  const message =
    `attempt ${tried} of ${policy.retries + 1} failed (${session.reason}: ${session.message}); ` +
    `the next one starts at ${notBefore}${raised}`;
  return {
    ...{ reason: "BackOff", message, notBefore, held: 0, memoryGiB },
    attemptsBefore: session.attemptsBefore,
  };
}

function wasAskedToEnd({ stopCause }: SessionRecord, outcome: SessionOutcome | null): boolean {
  if (stopCause === "expired") return false;
  return stopCause !== null || outcome?.cause === "stopped";
}

/** A flexible Session may use the largest there is already. */
function raisedMemory(group: GroupRecord, session: SessionRecord, largest: number): number | null {
  const before = session.memoryGiB ?? group.details.allocation.memoryLimitGiB;
  return before >= largest ? session.memoryGiB : Math.min(before * MEMORY_FACTOR, largest);
}

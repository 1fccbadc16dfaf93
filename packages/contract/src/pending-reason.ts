import { z } from "zod";
import { SESSION_STATUSES } from "./session-status.ts";

/** Why a Session does not run, as one word for programs. */
export const PENDING_REASONS = [
  /** It runs, or is being ended: it waits for nothing. */
  "Running",
  /** It has ended; a rerun would start it again. */
  "Ended",
  /** It has its place and is being started. */
  "Starting",
  /** Another attempt has failed and the wait before the next one is not over. */
  "BackOff",
  /** Groups that have to end first have not. */
  "Dependency",
  /** The Replica of the same number in another Group has not completed. */
  "DependencyReplica",
  /** As many Replicas of its Group run as its policy allows. */
  "MaxRunning",
  /** Others are before it. */
  "Queued",
  /** It is the next, and what it asks for is not free. */
  "Resources",
] as const;

export type PendingReason = (typeof PENDING_REASONS)[number];

/** Numbers of Sessions; those of other users without their names. */
const shareSchema = z.object({ own: z.int(), others: z.int() });

/** What a Session waits for, what would let it start, and when that may be. */
export const pendingReasonSchema = z.object({
  id: z.string(),
  status: z.enum(SESSION_STATUSES),
  reason: z.enum(PENDING_REASONS),
  /** One sentence for people. */
  message: z.string(),
  /** One sentence: what would let it start; absent where nothing can. */
  unblock: z.string().optional(),
  /** Batch Sessions that hold cores and memory now. */
  running: shareSchema,
  /** Sessions that are expected to start before it, as far as those that wait now decide it. */
  ahead: shareSchema,
  /** Its place in the queue, from 1; null where it is in none. */
  position: z.int().nullable(),
  /** When it is likely to start, ISO 8601, from how long Sessions like it ran; null where nobody can know. */
  eta: z.string().nullable(),
});

export type PendingReasonAnswer = z.infer<typeof pendingReasonSchema>;

import { z } from "zod";
import { batchPolicySchema } from "./batch-policy.ts";
import { replicaState } from "./replica-selector.ts";
import { type Session, sessionSchema } from "./session.ts";
import { SESSION_KINDS } from "./session-kind.ts";

/** Replicas of a Group by what they are doing; deleted ones are in none of the numbers. */
export const replicaCountsSchema = z.object({
  pending: z.int(),
  /** Ending ones included. */
  running: z.int(),
  completed: z.int(),
  failed: z.int(),
});

export type ReplicaCounts = z.infer<typeof replicaCountsSchema>;

/** Items of a Group by their state. */
export const itemCountsSchema = z.object({
  total: z.int(),
  done: z.int(),
  failed: z.int(),
  /** Failed so often in the same way that they are not tried again. */
  setAside: z.int(),
});

export type ItemCounts = z.infer<typeof itemCountsSchema>;

/** The Replicas made by one request, as one thing. A single Session is a Group of one. Times are ISO 8601 in UTC. */
export const groupSchema = z.object({
  id: z.string(),
  name: z.string(),
  username: z.string(),
  kind: z.enum(SESSION_KINDS),
  image: z.string(),
  /** Replicas that were asked for, deleted ones included. */
  replicaCount: z.int(),
  counts: replicaCountsSchema,
  items: itemCountsSchema.optional(),
  createdAt: z.string(),
  /** When its first Replica started. */
  startedAt: z.string().optional(),
  /** When its last Replica ended; absent while one may still run. */
  endedAt: z.string().optional(),
  policy: batchPolicySchema,
  /** One sentence for people: what the whole Group waits for, or why nothing of it starts any more. */
  message: z.string().optional(),
  /** The Session itself where there is only one. */
  session: sessionSchema.optional(),
});

export type Group = z.infer<typeof groupSchema>;

/** True once nothing of it will run any more, unless somebody asks for a rerun. */
export function isGroupEnded(group: Pick<Group, "counts">): boolean {
  return group.counts.pending + group.counts.running === 0;
}

export function countReplicas(sessions: readonly Session[]): ReplicaCounts {
  const counts = { pending: 0, running: 0, completed: 0, failed: 0 };
  for (const session of sessions) counts[replicaState(session)] += 1;
  return counts;
}

import { z } from "zod";
import { itemCountsSchema, replicaCountsSchema } from "./group.ts";
import { REPLICA_STATES } from "./replica-selector.ts";
import { RESOURCE_ALLOCATION_MODES } from "./resource-allocation.ts";

/** Most files that one cause names; `fileCount` counts them all. */
export const MAX_FILES_OF_CAUSE = 200;

/** How many values there were, and how they are spread. */
export const spreadSchema = z.object({
  count: z.int(),
  p50: z.number(),
  p95: z.number(),
  max: z.number(),
});

export type Spread = z.infer<typeof spreadSchema>;

/** Replicas that failed in the same way. */
export const failureCauseSchema = z.object({
  /** The error lines of all of them; where they differ it says `<number>`, `<path>`, `<text>`, … */
  pattern: z.string(),
  /** The error line of the first one, as it was; empty where there was none. */
  example: z.string(),
  /** Short word for the end: `Error`, `OOMKilled`, `DeadlineExceeded`, `NotStarted`, `Lost`, … */
  reason: z.string(),
  exitCode: z.int().optional(),
  /** `SIGKILL` and so on, where a signal ended them. */
  signal: z.string().optional(),
  count: z.int(),
  /** Which Replicas, as `parseReplicaSelection` reads it: `3-10,15`. */
  replicas: z.string(),
  /** Files that they were working on: their Items, else paths in their error lines. At most MAX_FILES_OF_CAUSE. */
  files: z.array(z.string()),
  fileCount: z.int(),
});

export type FailureCause = z.infer<typeof failureCauseSchema>;

/** What one Replica did and used in its newest attempt. Absent means unknown. */
export const replicaUsageSchema = z.object({
  index: z.int(),
  session: z.string(),
  state: z.enum(REPLICA_STATES),
  /** Attempts so far. */
  attempts: z.int(),
  exitCode: z.int().optional(),
  startedAt: z.string().optional(),
  endedAt: z.string().optional(),
  wallSeconds: z.number().optional(),
  cpuSeconds: z.number().optional(),
  peakMemoryGiB: z.number().optional(),
  /** CPU time by wall time and requested cores: 1 is full use. */
  cpuEfficiency: z.number().optional(),
  /** Peak by requested memory: 1 is full use. */
  memoryEfficiency: z.number().optional(),
});

export type ReplicaUsage = z.infer<typeof replicaUsageSchema>;

/** What the next launch of the same work should ask for. Absent where nothing was measured. */
export const resourceAdviceSchema = z.object({
  cores: z.number().optional(),
  memoryGiB: z.number().optional(),
  /** One sentence each, for people: what it rests on. */
  reasons: z.array(z.string()),
});

export type ResourceAdvice = z.infer<typeof resourceAdviceSchema>;

/** How a Group went: why Replicas failed, how long they took, how well they used what they asked for. */
export const groupReportSchema = z.object({
  id: z.string(),
  name: z.string(),
  username: z.string(),
  image: z.string(),
  /** When it was written, ISO 8601. */
  reportedAt: z.string(),
  createdAt: z.string(),
  startedAt: z.string().optional(),
  endedAt: z.string().optional(),
  replicaCount: z.int(),
  counts: replicaCountsSchema,
  items: itemCountsSchema.optional(),
  attempts: z.object({
    total: z.int(),
    /** Replicas with more than one. */
    repeated: z.int(),
  }),
  requested: z.object({
    mode: z.enum(RESOURCE_ALLOCATION_MODES),
    cores: z.number(),
    memoryGiB: z.number(),
  }),
  /** First start to last end, or to now where it goes on. */
  elapsedSeconds: z.number().optional(),
  /** Of all attempts that have ended together. */
  cpuSeconds: z.number(),
  wallSeconds: z.number(),
  /** Over the newest attempts that have ended; absent where none was measured. */
  duration: spreadSchema.optional(),
  cpuEfficiency: spreadSchema.optional(),
  memoryEfficiency: spreadSchema.optional(),
  /** The most frequent first. */
  causes: z.array(failureCauseSchema),
  advice: resourceAdviceSchema,
  replicas: z.array(replicaUsageSchema),
});

export type GroupReport = z.infer<typeof groupReportSchema>;

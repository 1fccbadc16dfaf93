import { z } from "zod";
import { SESSION_KINDS } from "./session-kind.ts";
import { SESSION_STATUSES } from "./session-status.ts";

/**
 * A Session as clients see it. Times are ISO 8601 in UTC with `Z`. Absent means unknown or not applicable.
 */
export const sessionSchema = z.object({
  id: z.string(),
  name: z.string().optional(),
  username: z.string(),
  uid: z.int().optional(),
  gid: z.int().optional(),
  groups: z.array(z.int()),
  kind: z.enum(SESSION_KINDS),
  image: z.string().optional(),
  status: z.enum(SESSION_STATUSES),
  /** Short word for the status: `Unschedulable`, `PullingImage`, `OOMKilled`, `Error`, … */
  reason: z.string().optional(),
  /** One sentence for people: what it waits for, or why it ended. */
  message: z.string().optional(),
  /** Exit code of an ended Session; 128 + signal when a signal ended it. */
  exitCode: z.int().optional(),
  /** Attempt number, from 1. */
  attempt: z.int().optional(),
  group: z.string().optional(),
  replicaIndex: z.int().optional(),
  replicaCount: z.int().optional(),
  createdAt: z.string().optional(),
  startedAt: z.string().optional(),
  endedAt: z.string().optional(),
  expiresAt: z.string().optional(),
  /** Where the browser goes; absent for kinds without pages. */
  connectUrl: z.string().optional(),
  fixedResources: z.boolean(),
  requestedCores: z.number().optional(),
  requestedMemoryGB: z.number().optional(),
  requestedGpus: z.number().optional(),
  coresInUse: z.number().optional(),
  memoryInUseGB: z.number().optional(),
});

export type Session = z.infer<typeof sessionSchema>;

/** One thing that happened to a Session. */
export const sessionEventSchema = z.object({
  type: z.enum(["Normal", "Warning"]),
  reason: z.string(),
  message: z.string(),
  firstTime: z.string(),
  lastTime: z.string(),
});

export type SessionEvent = z.infer<typeof sessionEventSchema>;

import { z } from "zod";
import { batchPolicySchema } from "./batch-policy.ts";
import { itemsRequestSchema } from "./items-request.ts";
import { resourceRequestSchema } from "./resource-allocation.ts";
import { LAUNCHABLE_KINDS } from "./session-kind.ts";

/** Most Replicas in one request. */
export const MAX_REPLICAS = 100_000;

/** What a user asks for: one Session, or a Group of Replicas that differ only in REPLICA_ID. */
export const launchRequestSchema = z.object({
  name: z.string(),
  kind: z.enum(LAUNCHABLE_KINDS),
  /** Full or short Container Image reference. */
  image: z.string(),
  /** Program that replaces the image's own; headless only. */
  command: z.string().optional(),
  /** Arguments, each one word for the program, whatever it contains. */
  args: z.array(z.string()).default([]),
  env: z.record(z.string(), z.string()).default({}),
  resources: resourceRequestSchema.prefault({}),
  replicas: z.int().min(1).max(MAX_REPLICAS).default(1),
  /** The same id with the same request makes one Group, however often it is sent. */
  requestId: z.string().min(1).max(200).optional(),
  policy: batchPolicySchema.prefault({}),
  items: itemsRequestSchema.optional(),
});

/** A launch request with everything in it. */
export type LaunchRequest = z.infer<typeof launchRequestSchema>;

/** A launch request as callers write it: what has a default may be left out. */
export type LaunchRequestInput = z.input<typeof launchRequestSchema>;

/** What a server answers to a launch request. */
export const launchAnswerSchema = z.object({
  group: z.string(),
  /** In the order of the Replicas. */
  sessions: z.array(z.string()),
});

export type LaunchAnswer = z.infer<typeof launchAnswerSchema>;

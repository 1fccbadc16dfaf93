import { z } from "zod";
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
  args: z.array(z.string()),
  env: z.record(z.string(), z.string()),
  resources: resourceRequestSchema,
  replicas: z.int().min(1).max(MAX_REPLICAS),
});

export type LaunchRequest = z.infer<typeof launchRequestSchema>;

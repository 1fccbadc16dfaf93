import { z } from "zod";

/** Fixed: what was asked for, guaranteed. Flexible: the server's default, shared, may burst. */
export const RESOURCE_ALLOCATION_MODES = ["fixed", "flexible"] as const;
export type ResourceAllocationMode = (typeof RESOURCE_ALLOCATION_MODES)[number];

/** What a launch asks for; a missing quantity is flexible. */
export const resourceRequestSchema = z.object({
  /** CPU cores; may be fractional. */
  cores: z.number().positive().optional(),
  /** Memory in GiB. */
  memoryGiB: z.number().positive().optional(),
  /** Whole GPUs. */
  gpus: z.int().nonnegative().optional(),
});

export type ResourceRequest = z.infer<typeof resourceRequestSchema>;

/** What a Session got. */
export interface ResourceAllocation {
  readonly mode: ResourceAllocationMode;
  /** Cores counted against the server's capacity. */
  readonly requestedCores: number;
  /** Cores that the Session may use at most. */
  readonly coresLimit: number;
  readonly requestedMemoryGiB: number;
  readonly memoryLimitGiB: number;
  readonly gpus: number;
}

/** Upstream calls a Session fixed when its memory was asked for. */
export function allocationMode(request: ResourceRequest): ResourceAllocationMode {
  return request.memoryGiB === undefined && request.cores === undefined ? "flexible" : "fixed";
}

const rangeSchema = z.object({
  default: z.number(),
  defaultRequest: z.number(),
  defaultLimit: z.number(),
  options: z.array(z.number()),
});

/** What a server offers: the answer of `GET /v1/context`. Cores in cores, memory in GiB. */
export const serverContextSchema = z.object({
  cores: rangeSchema,
  memoryGB: rangeSchema,
  gpus: z.object({ options: z.array(z.number()) }),
  maxInteractiveSessions: z.coerce.number().int().min(1),
});

export type ServerContext = z.infer<typeof serverContextSchema>;

import { z } from "zod";
import { ERROR_CODES } from "./errors.ts";
import { PENDING_REASONS } from "./pending-reason.ts";

/** What a server would do with a launch request if it came now. */
export const forecastSchema = z.object({
  /** False where the launch would be refused; `refusal` says why. */
  accepted: z.boolean(),
  refusal: z
    .object({ code: z.enum(ERROR_CODES), message: z.string(), hint: z.string().optional() })
    .optional(),
  /** Replicas that would start at once. */
  startsNow: z.int(),
  /** Replicas that would wait. */
  waits: z.int(),
  /** Why those wait, or why none would ever start; absent where none waits. */
  reason: z.enum([...PENDING_REASONS, "DependencyFailed"]).optional(),
  /** One sentence for people. */
  message: z.string(),
  /** Place in the queue of the first that would wait, from 1; null where none waits. */
  position: z.int().nullable(),
  /** When the first that would wait is likely to start, ISO 8601; null where nobody can know. */
  eta: z.string().nullable(),
});

export type Forecast = z.infer<typeof forecastSchema>;

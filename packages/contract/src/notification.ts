import { z } from "zod";
import { NOTIFICATION_MOMENTS } from "./batch-policy.ts";
import { replicaCountsSchema } from "./group.ts";
import { failureCauseSchema } from "./group-report.ts";

/** Most causes that a notification names. */
export const MAX_CAUSES_OF_NOTIFICATION = 5;

/**
 * What a webhook is sent: a Group ended, or its first Replica failed for good. It comes at least once; who must not
 * count it twice looks at its `id`.
 */
export const notificationDocumentSchema = z.object({
  /** The same for each repetition; also in the header `webhook-id`. */
  id: z.string(),
  moment: z.enum(NOTIFICATION_MOMENTS),
  /** When it happened, ISO 8601. */
  at: z.string(),
  group: z.object({
    id: z.string(),
    name: z.string(),
    username: z.string(),
    image: z.string(),
    replicaCount: z.int(),
    createdAt: z.string(),
  }),
  /** As they were at that moment. */
  counts: replicaCountsSchema,
  /** Why Replicas failed, the most frequent first; at most MAX_CAUSES_OF_NOTIFICATION. */
  causes: z.array(
    failureCauseSchema.pick({
      pattern: true,
      reason: true,
      exitCode: true,
      signal: true,
      count: true,
      replicas: true,
    }),
  ),
  /** Address of the whole report, for those who may see it. */
  report: z.string(),
});

export type NotificationDocument = z.infer<typeof notificationDocumentSchema>;

import { z } from "zod";

/** After what end of the other Group a dependent one may start. */
export const DEPENDENCY_CONDITIONS = ["ok", "any", "fail"] as const;
export type DependencyCondition = (typeof DEPENDENCY_CONDITIONS)[number];

export const dependencySchema = z.object({
  /** Id of the Group that has to end first. */
  group: z.string(),
  /** `ok`: all its Replicas completed; `fail`: at least one failed; `any`: it ended. */
  when: z.enum(DEPENDENCY_CONDITIONS).default("ok"),
});

export type Dependency = z.infer<typeof dependencySchema>;

/** When somebody is told about a Group. `failed`: at its first failed Replica that is not tried again. */
export const NOTIFICATION_MOMENTS = ["done", "failed"] as const;
export type NotificationMoment = (typeof NOTIFICATION_MOMENTS)[number];

export const notificationSchema = z.object({
  /** `https://…` is sent a JSON document, `mailto:…` a mail. */
  target: z.string().regex(/^(https?:\/\/|mailto:)\S+$/, "must be an http(s) address or mailto:"),
  on: z.array(z.enum(NOTIFICATION_MOMENTS)).min(1).default(["done"]),
});

export type NotificationRequest = z.infer<typeof notificationSchema>;

/** The longest wait between two attempts. */
export const MAX_RETRY_DELAY_SECONDS = 600;

/** What shall happen with a Group's Replicas when things go wrong, and when they may start. */
export const batchPolicySchema = z.object({
  /** Further attempts that a failed Replica gets by itself. */
  retries: z.int().min(0).max(100).default(0),
  /** Wait before the second attempt; doubled for each further one, to 10 minutes at most. */
  retryDelaySeconds: z.number().min(0).max(MAX_RETRY_DELAY_SECONDS).default(5),
  /** An attempt that runs longer is ended, and has failed. */
  timeoutSeconds: z.number().positive().optional(),
  /** With more failed Replicas than this no further one starts. */
  maxFailures: z.int().min(0).optional(),
  /** Replicas that run at the same time, at most. */
  maxRunning: z.int().min(1).optional(),
  /** Groups that have to end first. */
  after: z.array(dependencySchema).max(100).default([]),
  /** Replica i starts once Replica i of that Group has completed. */
  afterEach: z.string().optional(),
  notify: z.array(notificationSchema).max(10).default([]),
});

export type BatchPolicy = z.infer<typeof batchPolicySchema>;

/** What a Group has whose request says nothing. */
export const DEFAULT_BATCH_POLICY: BatchPolicy = batchPolicySchema.parse({});

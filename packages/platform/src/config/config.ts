import { DEFAULT_REGISTRY } from "@canfar/contract";
import { z } from "zod";
import { LOG_LEVELS } from "../log.ts";

const seconds = z.int().positive();

/** Everything that an operator can set; each has a default that suits one machine. */
export const configSchema = z.strictObject({
  /** Address to listen on. Anything but loopback opens the platform to the network. */
  host: z.string().min(1).default("127.0.0.1"),
  /** TCP port; 0 takes a free one. */
  port: z.int().min(0).max(65_535).default(8088),
  /** Where clients reach the platform, when that is not the listening address: `https://canfar.example.org`. */
  publicUrl: z.url({ protocol: /^https?$/ }).optional(),
  /** What runs the Sessions. */
  driver: z.enum(["process"]).default("process"),
  /** How the process driver keeps Sessions apart; `auto` takes bubblewrap where it works. */
  sandbox: z.enum(["auto", "bubblewrap", "none"]).default("auto"),
  /** Folder of image recipes; the ones that come with the platform when absent. */
  images: z.string().optional(),
  /** Container Registries whose images may be launched. */
  registries: z.array(z.string().min(1)).min(1).default([DEFAULT_REGISTRY]),
  batch: z
    .strictObject({
      /** Flexible headless Sessions that run at the same time; twice the cores when absent. */
      flexible: z.int().positive().optional(),
      /** Users who get more or less than others: their part of the machine is in proportion to their weight, else 1. */
      shares: z.record(z.string(), z.number().positive()).default({}),
    })
    .prefault({}),
  sessions: z
    .strictObject({
      interactiveLifetimeSeconds: seconds.default(4 * 86_400),
      headlessLifetimeSeconds: seconds.default(14 * 86_400),
      /** Interactive Sessions that one user may have at the same time. */
      maxInteractive: z.int().positive().default(5),
      /** Time between the polite signal and the hard one. */
      graceSeconds: z.number().nonnegative().default(10),
      /** Processes and threads that one Session may have. */
      maxProcesses: z.int().positive().default(4096),
      /** Names of the platform's own variables that every Session gets, for example HTTPS_PROXY. */
      passEnvironment: z.array(z.string()).default([]),
    })
    .prefault({}),
  resources: z
    .strictObject({
      /** Most that one Session may ask for; what the machine has when absent. */
      maxCores: z.int().positive().optional(),
      maxMemoryGiB: z.int().positive().optional(),
    })
    .default({}),
  logs: z
    .strictObject({
      /** Days for which the output of Sessions is kept after their Group has ended, also when they are deleted. */
      retentionDays: z.int().positive().default(30),
    })
    .prefault({}),
  /** The platform's own log. */
  notifications: z
    .strictObject({
      /**
       * Hosts that webhooks may go to, wherever they are; `*.example.org` stands for all below it. When absent: every
       * host with public addresses.
       */
      allowedHosts: z.array(z.string().min(1)).optional(),
      /** Signs webhooks (Standard Webhooks 1.0.0); not signed when absent. */
      secret: z.string().min(16).optional(),
    })
    .default({}),
  /** How mail is sent; none is when absent. */
  mail: z
    .strictObject({
      /** `smtp://user:password@host:587` or `smtps://…`. */
      url: z.url({ protocol: /^smtps?$/ }),
      /** Sender of all mail: `canfar@example.org`, or with a name before it. */
      from: z.string().regex(/^[^\r\n]*[^\s@]+@[^\s@]+$/, "must be a mail address"),
    })
    .optional(),
  log: z.strictObject({ level: z.enum(LOG_LEVELS).default("info") }).prefault({}),
});

export type Config = z.infer<typeof configSchema>;
export type ConfigInput = z.input<typeof configSchema>;

import { z } from "zod";

/** Load of a server: the answer of `GET /v1/session?view=stats`. Memory strings end in a unit such as `G`. */
export const platformStatsSchema = z.object({
  cores: z.object({
    requestedCPUCores: z.number(),
    cpuCoresAvailable: z.number(),
    maxCPUCores: z.object({ cpuCores: z.number(), withRam: z.string() }),
  }),
  ram: z.object({
    requestedRAM: z.string(),
    ramAvailable: z.string(),
    maxRAM: z.object({ ram: z.string(), withCPUCores: z.number() }),
  }),
});

export type PlatformStats = z.infer<typeof platformStatsSchema>;

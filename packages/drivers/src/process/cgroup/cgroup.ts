import { existsSync } from "node:fs";
import { join } from "node:path";
import type { SessionLimits } from "../../session-driver.ts";
import { ROOT } from "./group-files.ts";
import { openVersion1 } from "./version-1.ts";
import { openVersion2 } from "./version-2.ts";

/** What a control group has counted since it was made, its peak since it was last made ready. */
export interface GroupCounts {
  readonly cpuSeconds: number;
  readonly memoryBytes: number;
  readonly peakMemoryBytes: number;
  /** Processes that were killed because memory ran out. */
  readonly memoryKills: number;
}

export const NOTHING_COUNTED: GroupCounts = {
  ...{ cpuSeconds: 0, memoryBytes: 0, peakMemoryBytes: 0, memoryKills: 0 },
};

/** Control groups of Sessions: their limits, their use, and whether memory ran out. */
export interface Cgroups {
  /** Makes a group. @returns folders whose `cgroup.procs` its first process joins */
  create(name: string, limits: SessionLimits): string[];
  /** @returns undefined where there is no such group */
  counts(name: string): GroupCounts | undefined;
  /**
   * Makes a group ready for another Session with the same limits: its peak begins anew.
   *
   * @param counts what it counts now
   * @returns false where this kernel cannot, or where memory of the one before is left in it: then a new one is needed
   */
  renew(name: string, counts: GroupCounts): boolean;
  /** Process ids that are in the group now. */
  processes(name: string): number[];
  /** Removes a group; answers false while a process is still in it. */
  remove(name: string): boolean;
  /** All groups of this instance, also those of an earlier host. */
  names(): string[];
  /** Removes what this instance has in common, once it has no groups. */
  close(): void;
}

/** @returns the groups of this machine, or the reason why there are none */
export function openCgroups(instance: string): Cgroups | string {
  if (existsSync(join(ROOT, "memory", "memory.limit_in_bytes"))) return openVersion1(instance);
  if (existsSync(join(ROOT, "cgroup.controllers"))) return openVersion2(instance);
  return "this machine has no control groups";
}

import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Cgroups } from "./cgroup.ts";
import {
  CPU_PERIOD_MICROSECONDS,
  field,
  get,
  groupNames,
  MOST_LEFT_BYTES,
  makeFolders,
  processIds,
  ROOT,
  removeFolders,
  sessionsAtATime,
  set,
} from "./group-files.ts";

/** What every process outside weighs. */
const CPU_SHARES = 1024;

/** Control groups of the first version: a folder for each controller. */
export function openVersion1(instance: string): Cgroups | string {
  const controllers = ["memory", "cpu", "cpuacct", "pids"].filter((name) => existsSync(join(ROOT, name)));
  const parents = controllers.map((name) => join(ROOT, name, instance));
  const refused = makeFolders(parents);
  if (refused !== null) return refused;
  set(join(ROOT, "cpu", instance), "cpu.shares", CPU_SHARES * sessionsAtATime());
  const folder = (controller: string, name: string) => join(ROOT, controller, instance, name);
  return {
    create(name, limits) {
      const folders = controllers.map((controller) => folder(controller, name));
      for (const each of folders) mkdirSync(each, { recursive: true });
      set(folder("memory", name), "memory.limit_in_bytes", limits.memoryBytes);
      set(folder("cpu", name), "cpu.cfs_period_us", CPU_PERIOD_MICROSECONDS);
      set(folder("cpu", name), "cpu.cfs_quota_us", Math.ceil(limits.cores * CPU_PERIOD_MICROSECONDS));
      set(folder("pids", name), "pids.max", limits.processes);
      return folders;
    },
    counts(name) {
      const memoryBytes = get(folder("memory", name), "memory.usage_in_bytes");
      if (memoryBytes === undefined) return undefined;
      return {
        memoryBytes,
        peakMemoryBytes: get(folder("memory", name), "memory.max_usage_in_bytes") ?? memoryBytes,
        cpuSeconds: (get(folder("cpuacct", name), "cpuacct.usage") ?? 0) / 1e9,
        memoryKills: field(folder("memory", name), "memory.oom_control", "oom_kill") ?? 0,
      };
    },
    renew(name, { memoryBytes }) {
      if (memoryBytes > MOST_LEFT_BYTES) return false;
      writeFileSync(join(folder("memory", name), "memory.max_usage_in_bytes"), "0");
      return true;
    },
    processes: (name) => processIds(folder("memory", name)),
    remove: (name) => removeFolders(controllers.map((controller) => folder(controller, name))),
    names: () => [...new Set(parents.flatMap(groupNames))],
    close: () => void removeFolders(parents),
  };
}

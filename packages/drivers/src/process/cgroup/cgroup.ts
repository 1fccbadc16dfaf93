import {
  accessSync,
  constants,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmdirSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import type { SessionLimits, SessionUsage } from "../../session-driver.ts";

/** Control groups of Sessions: their limits, their use, and whether memory ran out. */
export interface Cgroups {
  /** Makes the groups of one attempt. @returns folders whose `cgroup.procs` its first process joins */
  create(name: string, limits: SessionLimits): string[];
  usage(name: string): SessionUsage | undefined;
  outOfMemory(name: string): boolean;
  /** Process ids that are in the group now. */
  processes(name: string): number[];
  /** Removes the groups; answers false while a process is still in them. */
  remove(name: string): boolean;
  /** Removes what this instance has in common, once it has no groups. */
  close(): void;
}

const ROOT = "/sys/fs/cgroup";
const CPU_PERIOD_MICROSECONDS = 100_000;

/** @returns the groups of this machine, or the reason why there are none */
export function openCgroups(instance: string): Cgroups | string {
  if (existsSync(join(ROOT, "memory", "memory.limit_in_bytes"))) return openVersion1(instance);
  if (existsSync(join(ROOT, "cgroup.controllers"))) return openVersion2(instance);
  return "this machine has no control groups";
}

function openVersion1(instance: string): Cgroups | string {
  const controllers = ["memory", "cpu", "cpuacct", "pids"].filter((name) => existsSync(join(ROOT, name)));
  const parents = controllers.map((name) => join(ROOT, name, instance));
  const refused = makeFolders(parents);
  if (refused !== null) return refused;
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
    usage(name) {
      const memoryBytes = get(folder("memory", name), "memory.usage_in_bytes");
      if (memoryBytes === undefined) return undefined;
      return {
        memoryBytes,
        peakMemoryBytes: get(folder("memory", name), "memory.max_usage_in_bytes") ?? memoryBytes,
        cpuSeconds: (get(folder("cpuacct", name), "cpuacct.usage") ?? 0) / 1e9,
      };
    },
    outOfMemory: (name) => (field(folder("memory", name), "memory.oom_control", "oom_kill") ?? 0) > 0,
    processes: (name) => processIds(folder("memory", name)),
    remove: (name) => removeFolders(controllers.map((controller) => folder(controller, name))),
    close: () => void removeFolders(parents),
  };
}

function openVersion2(instance: string): Cgroups | string {
  const parent = join(ROOT, instance);
  const refused = makeFolders([parent]);
  if (refused !== null) return refused;
  try {
    writeFileSync(join(parent, "cgroup.subtree_control"), "+memory +cpu +pids");
  } catch (error) {
    return `control groups cannot be delegated (${(error as NodeJS.ErrnoException).code})`;
  }
  const folder = (name: string) => join(parent, name);
  return {
    create(name, limits) {
      mkdirSync(folder(name), { recursive: true });
      set(folder(name), "memory.max", limits.memoryBytes);
      set(folder(name), "memory.swap.max", 0);
      set(
        folder(name),
        "cpu.max",
        `${Math.ceil(limits.cores * CPU_PERIOD_MICROSECONDS)} ${CPU_PERIOD_MICROSECONDS}`,
      );
      set(folder(name), "pids.max", limits.processes);
      return [folder(name)];
    },
    usage(name) {
      const memoryBytes = get(folder(name), "memory.current");
      if (memoryBytes === undefined) return undefined;
      return {
        memoryBytes,
        peakMemoryBytes: get(folder(name), "memory.peak") ?? memoryBytes,
        cpuSeconds: (field(folder(name), "cpu.stat", "usage_usec") ?? 0) / 1e6,
      };
    },
    outOfMemory: (name) => (field(folder(name), "memory.events", "oom_kill") ?? 0) > 0,
    processes: (name) => processIds(folder(name)),
    remove: (name) => removeFolders([folder(name)]),
    close: () => void removeFolders([parent]),
  };
}

function makeFolders(folders: readonly string[]): string | null {
  try {
    for (const folder of folders) {
      mkdirSync(folder, { recursive: true });
      accessSync(folder, constants.W_OK);
    }
    return null;
  } catch (error) {
    return `control groups are not writable for this user (${(error as NodeJS.ErrnoException).code})`;
  }
}

/** A limit that this kernel does not know is no reason to refuse the Session. */
function set(folder: string, file: string, value: number | string): void {
  if (existsSync(join(folder, file))) writeFileSync(join(folder, file), String(value));
}

function read(folder: string, file: string): string | undefined {
  try {
    return readFileSync(join(folder, file), "utf8");
  } catch {
    return undefined; // The group has gone, or this kernel has no such file: both mean unknown.
  }
}

function get(folder: string, file: string): number | undefined {
  const text = read(folder, file);
  return text === undefined ? undefined : Number(text);
}

/** One number of a file with a `key value` pair on each line. */
function field(folder: string, file: string, key: string): number | undefined {
  const match = new RegExp(`^${key} (\\d+)`, "m").exec(read(folder, file) ?? "");
  return match === null ? undefined : Number(match[1]);
}

function processIds(folder: string): number[] {
  return (read(folder, "cgroup.procs") ?? "").split("\n").filter(Boolean).map(Number);
}

function removeFolders(folders: readonly string[]): boolean {
  let gone = true;
  for (const folder of folders) {
    if (!existsSync(folder)) continue;
    try {
      for (const child of readdirSync(folder, { withFileTypes: true })) {
        if (child.isDirectory()) rmdirSync(join(folder, child.name));
      }
      rmdirSync(folder);
    } catch {
      gone = false; // EBUSY: a dying process is still counted; the caller asks again.
    }
  }
  return gone;
}

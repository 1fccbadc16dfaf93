import { closeSync, mkdirSync, openSync, readSync, writeFileSync, writeSync } from "node:fs";
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

/** What every group has that nobody has asked to weigh more or less. */
const CPU_WEIGHT = 100;
const MOST_CPU_WEIGHT = 10_000;

/** Control groups of the second version: one folder with all controllers. */
export function openVersion2(instance: string): Cgroups | string {
  const parent = join(ROOT, instance);
  const refused = makeFolders([parent]);
  if (refused !== null) return refused;
  try {
    writeFileSync(join(parent, "cgroup.subtree_control"), "+memory +cpu +pids");
  } catch (error) {
    return `control groups cannot be delegated (${(error as NodeJS.ErrnoException).code})`;
  }
  set(parent, "cpu.weight", Math.min(MOST_CPU_WEIGHT, CPU_WEIGHT * sessionsAtATime()));
  const folder = (name: string) => join(parent, name);
  const peaks = new Peaks();
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
    counts(name) {
      const memoryBytes = get(folder(name), "memory.current");
      if (memoryBytes === undefined) return undefined;
      return {
        memoryBytes,
        peakMemoryBytes: peaks.read(folder(name)) ?? get(folder(name), "memory.peak") ?? memoryBytes,
        cpuSeconds: (field(folder(name), "cpu.stat", "usage_usec") ?? 0) / 1e6,
        memoryKills: field(folder(name), "memory.events", "oom_kill") ?? 0,
      };
    },
    renew: (name, { memoryBytes }) => memoryBytes <= MOST_LEFT_BYTES && peaks.reset(folder(name)),
    processes: (name) => processIds(folder(name)),
    remove(name) {
      peaks.forget(folder(name));
      return removeFolders([folder(name)]);
    },
    names: () => groupNames(parent),
    close: () => void removeFolders([parent]),
  };
}

/** Peaks that begin anew: a write to `memory.peak` resets what is read through the same descriptor (Linux 6.12). */
class Peaks {
  readonly #descriptors = new Map<string, number>();

  /** @returns false where this kernel cannot */
  reset(folder: string): boolean {
    try {
      const descriptor = this.#descriptors.get(folder) ?? openSync(join(folder, "memory.peak"), "r+");
      this.#descriptors.set(folder, descriptor);
      writeSync(descriptor, "reset");
      return true;
    } catch {
      return false; // The file is read-only before Linux 6.12, and absent before 5.19.
    }
  }

  read(folder: string): number | undefined {
    const descriptor = this.#descriptors.get(folder);
    if (descriptor === undefined) return undefined;
    const buffer = Buffer.alloc(32);
    return Number(buffer.toString("latin1", 0, readSync(descriptor, buffer, 0, buffer.length, 0)));
  }

  forget(folder: string): void {
    const descriptor = this.#descriptors.get(folder);
    this.#descriptors.delete(folder);
    if (descriptor !== undefined) closeSync(descriptor);
  }
}

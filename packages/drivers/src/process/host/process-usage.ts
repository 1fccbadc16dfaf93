/** What a family of processes uses, for machines without control groups. */
import type { SessionUsage } from "../../session-driver.ts";
import { descendantsOf, readProc } from "./processes.ts";

const TICKS_PER_SECOND = 100; // What the kernel tells user programs, whatever it counts in itself.

/** @param pid whose family is asked for, without itself @returns undefined where there is none now */
export function familyUsage(pid: number): SessionUsage | undefined {
  const family = descendantsOf(pid).map((each) => ({
    status: readProc(`${each}/status`),
    stat: readProc(`${each}/stat`),
  }));
  if (family.length === 0) return undefined;
  const memoryBytes = sum(family.map(({ status }) => kilobytes(status, "VmRSS") * 1024));
  const peaks = family.map(({ status }) => kilobytes(status, "VmHWM") * 1024);
  return {
    memoryBytes,
    // At least: what several had at the same time between two looks nobody has added up.
    peakMemoryBytes: Math.max(memoryBytes, ...peaks),
    cpuSeconds: sum(family.map(({ stat }) => ticks(stat))) / TICKS_PER_SECOND,
  };
}

function kilobytes(status: string, name: string): number {
  return Number(new RegExp(`^${name}:\\s+(\\d+) kB`, "m").exec(status)?.[1] ?? 0);
}

/** Of the process, and of its children that are gone. */
function ticks(stat: string): number {
  return sum(
    stat
      .slice(stat.lastIndexOf(")") + 2)
      .split(" ")
      .slice(11, 15)
      .map(Number),
  );
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

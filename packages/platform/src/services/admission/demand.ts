import type { ResourceRequest } from "@canfar/contract";
import type { GroupRecord } from "../../records/group-store.ts";

/** Cores, memory and GPUs: what a machine has, what a Session counts against it. */
export interface Demand {
  readonly cores: number;
  readonly memoryGiB: number;
  readonly gpus: number;
}

export const NOTHING: Demand = { cores: 0, memoryGiB: 0, gpus: 0 };

/** Sums of many small numbers are not exact. */
const ROUNDING = 1e-9;

export interface Capacity {
  readonly machine: Demand;
  /** Flexible Sessions that run at the same time. */
  readonly places: number;
  /** What a flexible Session counts. */
  readonly flexible: Demand;
}

/**
 * What there is to share. A flexible Session counts so little that as many as there are places fit, and memory never
 * keeps one back that cores would let in.
 *
 * @param options.places flexible Sessions that run at the same time
 * @param options.memoryGiB what a flexible Session is taken to need, where the machine has that much
 */
export function capacityOf(options: { machine: Demand; places: number; memoryGiB: number }): Capacity {
  const { machine, places } = options;
  const memoryGiB = Math.min(options.memoryGiB, machine.memoryGiB / places);
  return { machine, places, flexible: { cores: machine.cores / places, memoryGiB, gpus: 0 } };
}

/**
 * What one Session of a Group counts: what was asked for, and for what was not asked the share of a flexible one. A
 * Session that the machine cannot hold (it was larger once) counts as the whole machine.
 *
 * @param memoryGiB raised after an attempt ran out of memory; null where the Group's counts
 */
export function demandOf(group: GroupRecord, memoryGiB: number | null, capacity: Capacity): Demand {
  const asked = askedOf(group);
  const { machine } = capacity;
  // A flexible interactive Session sleeps most of the time: it takes nothing from what batch may use.
  const flexible = group.interactive ? NOTHING : capacity.flexible;
  return {
    cores: Math.min(asked.cores ?? flexible.cores, machine.cores),
    memoryGiB: Math.min(memoryGiB ?? asked.memoryGiB ?? flexible.memoryGiB, machine.memoryGiB),
    gpus: Math.min(asked.gpus ?? 0, machine.gpus),
  };
}

/** Groups of an older platform did not keep the request, only what came of it. */
function askedOf({ details }: GroupRecord): ResourceRequest {
  const { allocation, resources } = details;
  if (resources !== undefined) return resources;
  if (allocation.mode === "flexible") return { gpus: allocation.gpus };
  return {
    cores: allocation.requestedCores,
    memoryGiB: allocation.requestedMemoryGiB,
    gpus: allocation.gpus,
  };
}

export function plus(a: Demand, b: Demand, times = 1): Demand {
  return {
    cores: a.cores + times * b.cores,
    memoryGiB: a.memoryGiB + times * b.memoryGiB,
    gpus: a.gpus + times * b.gpus,
  };
}

/** True where `demand` finds room beside what is `used`. */
export function fits(demand: Demand, used: Demand, capacity: Demand): boolean {
  return (
    used.cores + demand.cores <= capacity.cores + ROUNDING &&
    used.memoryGiB + demand.memoryGiB <= capacity.memoryGiB + ROUNDING &&
    // Who asks for none does not wait for one.
    (demand.gpus === 0 || used.gpus + demand.gpus <= capacity.gpus + ROUNDING)
  );
}

/** The larger of the shares that a demand has of each kind of resource (dominant resource fairness). */
export function dominantShare(demand: Demand, machine: Demand): number {
  const share = (part: number, whole: number) => (whole > 0 ? part / whole : 0);
  return Math.max(
    share(demand.cores, machine.cores),
    share(demand.memoryGiB, machine.memoryGiB),
    share(demand.gpus, machine.gpus),
  );
}

/** How many more of `demand` fit, at least 1. */
export function roomFor(demand: Demand, used: Demand, capacity: Demand): number {
  const room = (need: number, whole: number, taken: number) =>
    need > 0 ? Math.floor((whole - taken + ROUNDING) / need) : Infinity;
  const most = Math.min(
    room(demand.cores, capacity.cores, used.cores),
    room(demand.memoryGiB, capacity.memoryGiB, used.memoryGiB),
  );
  return Math.max(1, most);
}

/** What a demand counts where a driver knows only how many flexible Sessions run at the same time. */
export function slotsOf(demand: Demand, { machine, places }: Capacity): number {
  return Number((dominantShare(demand, machine) * places).toFixed(3));
}

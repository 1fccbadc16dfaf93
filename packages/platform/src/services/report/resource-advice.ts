import type { ReplicaUsage, ResourceAdvice } from "@canfar/contract";
import { spreadOf } from "./replica-usage.ts";

/** Kept free above the largest peak that was seen. */
const MEMORY_HEAD_ROOM = 0.05;
/** Steps in which is advised: fine enough that head room and rounding together stay below 10 % from 1 GiB on. */
const MEMORY_STEP_GIB = 0.05;
const CORES_STEP = 0.1;
/** Use above a step by so much is the error of measuring. */
const CORES_TOLERANCE = 0.05;
/** An attempt that ran out of memory says only that this much was too little. */
const MORE_AFTER_OUT_OF_MEMORY = 1.5;
/** Shorter ones are mostly the program's start. */
const LONG_ENOUGH_SECONDS = 1;

/** What the advice rests on. */
export interface Measured {
  readonly replicas: readonly ReplicaUsage[];
  readonly requested: { readonly cores: number; readonly memoryGiB: number };
  /** Memory at which Replicas ran out of it, and that did not get through with more later; in GiB. */
  readonly tooLittleGiB: readonly number[];
  /** Largest peak of any attempt, in GiB; null where none was measured. */
  readonly largestPeakGiB: number | null;
  /** What the platform gives to one Session. */
  readonly offered: { readonly cores: readonly number[]; readonly memoryGiB: readonly number[] };
}

/** What the same work should ask for: no attempt that was seen would run out of memory with it. */
export function adviceFor(measured: Measured): ResourceAdvice {
  const reasons: string[] = [];
  const cores = adviseCores(measured, reasons);
  const memoryGiB = adviseMemory(measured, reasons);
  if (cores === null && memoryGiB === null && reasons.length === 0) {
    reasons.push("nothing was measured: no attempt has ended, or this platform cannot see what Sessions use");
  }
  return { ...(cores === null ? {} : { cores }), ...(memoryGiB === null ? {} : { memoryGiB }), reasons };
}

function adviseCores({ replicas, requested, offered }: Measured, reasons: string[]): number | null {
  const measured = replicas.filter(({ cpuEfficiency }) => cpuEfficiency !== undefined);
  const long = measured.filter(({ wallSeconds = 0 }) => wallSeconds >= LONG_ENOUGH_SECONDS);
  const counted = long.length > 0 ? long : measured;
  const used = spreadOf(counted.map(({ cpuEfficiency = 0 }) => cpuEfficiency * requested.cores));
  if (used === null) return null;
  const { least, most } = limitsOf(offered.cores);
  const wanted = roundUp(used.p95 - CORES_TOLERANCE, CORES_STEP);
  const cores = Math.min(most, Math.max(least, wanted));
  reasons.push(`95 % of the replicas used at most ${shown(used.p95)} cores on average`);
  return cores;
}

function adviseMemory({ tooLittleGiB, largestPeakGiB, offered }: Measured, reasons: string[]): number | null {
  if (largestPeakGiB === null && tooLittleGiB.length === 0) return null;
  const { least, most } = limitsOf(offered.memoryGiB);
  const forPeak = roundUp((largestPeakGiB ?? 0) * (1 + MEMORY_HEAD_ROOM), MEMORY_STEP_GIB);
  if (largestPeakGiB !== null) {
    reasons.push(
      `the largest peak was ${memory(largestPeakGiB)}, and ${MEMORY_HEAD_ROOM * 100} % are kept free`,
    );
  }
  const tooLittle = Math.max(0, ...tooLittleGiB);
  if (tooLittle >= most) {
    reasons.push(`replicas ran out of ${memory(tooLittle)}, and this platform gives no more to one Session`);
    return null;
  }
  if (tooLittle > 0) {
    reasons.push(`replicas ran out of ${memory(tooLittle)}; how much they need is not known yet`);
  }
  const wanted = Math.max(least, forPeak, roundUp(tooLittle * MORE_AFTER_OUT_OF_MEMORY, MEMORY_STEP_GIB));
  return Math.min(most, wanted);
}

function limitsOf(options: readonly number[]): { least: number; most: number } {
  return { least: options[0] ?? 1, most: options.at(-1) ?? Number.POSITIVE_INFINITY };
}

/** The step above, free of the errors of binary fractions. */
function roundUp(value: number, step: number): number {
  const steps = Math.ceil(Number((value / step).toFixed(6)));
  return Number((steps * step).toFixed(2));
}

function memory(gib: number): string {
  return gib < 1 ? `${shown(gib * 1024)} MiB` : `${shown(gib)} GiB`;
}

function shown(value: number): string {
  return String(Number(value.toPrecision(3)));
}

import type { ReplicaUsage, Spread } from "@canfar/contract";
import type { ReplicaAttempt } from "../../records/attempt-store.ts";
import type { SessionRecord } from "../../records/session-store.ts";
import { stateOf } from "../group-reader.ts";

const GIB = 2 ** 30;

/** What one Replica did in its newest attempt. @param requested of its Group; memory may have been raised for it */
export function usageOf(
  session: SessionRecord,
  newest: ReplicaAttempt | undefined,
  requested: { readonly cores: number; readonly memoryGiB: number },
): ReplicaUsage {
  const wallSeconds = wallSecondsOf(newest);
  const cpuSeconds = newest?.cpuSeconds ?? null;
  const peakMemoryGiB =
    newest === undefined || newest.peakMemoryBytes === null ? null : newest.peakMemoryBytes / GIB;
  const memoryGiB = session.memoryGiB ?? requested.memoryGiB;
  return withoutNull({
    index: session.replicaIndex,
    session: session.id,
    state: stateOf(session),
    attempts: session.attempt,
    exitCode: session.phase === "ended" ? session.exitCode : null,
    startedAt: newest?.startedAt ?? null,
    endedAt: newest?.endedAt ?? null,
    wallSeconds,
    cpuSeconds,
    peakMemoryGiB,
    cpuEfficiency:
      cpuSeconds === null || wallSeconds === null || wallSeconds === 0
        ? null
        : cpuSeconds / (wallSeconds * requested.cores),
    memoryEfficiency: peakMemoryGiB === null ? null : peakMemoryGiB / memoryGiB,
  });
}

/** From its start to its end; null where it has not both. A clock that was set back makes no negative time. */
export function wallSecondsOf(
  attempt: { readonly startedAt: string | null; readonly endedAt: string | null } | undefined,
): number | null {
  if (attempt === undefined || attempt.startedAt === null || attempt.endedAt === null) return null;
  return Math.max(0, Date.parse(attempt.endedAt) - Date.parse(attempt.startedAt)) / 1000;
}

/** How values are spread, by nearest rank; null where there are none. */
export function spreadOf(values: readonly (number | undefined)[]): Spread | null {
  const sorted = values.filter((value) => value !== undefined).sort((a, b) => a - b);
  if (sorted.length === 0) return null;
  const rank = (part: number) => sorted[Math.max(0, Math.ceil(part * sorted.length) - 1)] ?? 0;
  return { count: sorted.length, p50: rank(0.5), p95: rank(0.95), max: rank(1) };
}

type Nullable<T> = { [Key in keyof T]: T[Key] | null };

function withoutNull(usage: Nullable<Required<ReplicaUsage>>): ReplicaUsage {
  return Object.fromEntries(Object.entries(usage).filter(([, value]) => value !== null)) as ReplicaUsage;
}

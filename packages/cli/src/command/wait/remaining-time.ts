import type { ReplicaCounts } from "@canfar/contract";

/** A look at what is waited for. */
export interface Look {
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly counts: ReplicaCounts;
}

/**
 * How much longer it will take at the pace so far. What ended while somebody waits tells most; until then what ended
 * before does.
 *
 * @param startedAt when the first Replica started, in milliseconds since 1970
 * @returns milliseconds; null while nothing has ended
 */
export function remainingMs(first: Look, now: Look, startedAt: number | undefined): number | null {
  const left = now.counts.pending + now.counts.running;
  if (left === 0) return 0;
  const watched = ended(now) - ended(first);
  if (watched > 0) return (left * (now.at - first.at)) / watched;
  if (startedAt === undefined || ended(now) === 0) return null;
  return (left * Math.max(0, now.at - startedAt)) / ended(now);
}

function ended({ counts: { completed, failed } }: Look): number {
  return completed + failed;
}

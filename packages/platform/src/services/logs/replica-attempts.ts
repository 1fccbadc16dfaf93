import { formatReplicaSelection, isSelected, parseReplicaSelection, rangesOf } from "@canfar/contract";
import type { SessionRecord } from "../../records/session-store.ts";
import { stateOf } from "../group-reader.ts";

/** Attempts of Replicas, by the Replica's index. */
export type ReplicaAttempts = ReadonlyMap<number, number>;

export function attemptsOf(sessions: readonly SessionRecord[]): Map<number, number> {
  return new Map(sessions.map(({ replicaIndex, attempt }) => [replicaIndex, attempt]));
}

/** As short text: ranges of indexes for each attempt. */
export function encodeAttempts(attempts: ReplicaAttempts): Record<string, string> {
  const byAttempt = Map.groupBy([...attempts], ([, attempt]) => attempt);
  return Object.fromEntries(
    [...byAttempt].map(([attempt, entries]) => {
      const ranges = rangesOf(entries.map(([index]) => index));
      return [attempt, formatReplicaSelection({ ranges, states: [] })];
    }),
  );
}

/**
 * @param sessions all of the Group: what is named beyond them is ignored
 * @throws CanfarError `request.invalid`
 */
export function decodeAttempts(
  encoded: Readonly<Record<string, string>>,
  sessions: readonly SessionRecord[],
): Map<number, number> {
  const attempts = new Map<number, number>();
  for (const [attempt, ranges] of Object.entries(encoded)) {
    const selection = parseReplicaSelection(ranges);
    for (const session of sessions) {
      const { replicaIndex: index } = session;
      if (isSelected(selection, { index, state: stateOf(session) })) attempts.set(index, Number(attempt));
    }
  }
  return attempts;
}

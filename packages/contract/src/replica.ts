/** Environment variables by which a Replica knows its place; numbering starts at 1. */
export const REPLICA_ID = "REPLICA_ID";
export const REPLICA_COUNT = "REPLICA_COUNT";

/** The place of one Replica in its Group. */
export interface Replica {
  /** Id of the Group. */
  readonly group: string;
  /** From 1 to `count`. */
  readonly index: number;
  readonly count: number;
}

/** Name of one Replica: the Group's name alone when there is only one, else `NAME-<index>`. */
export function replicaName(name: string, index: number, count: number): string {
  return count === 1 ? name : `${name}-${index}`;
}

/** The two variables that every Session carries, also when it is its own only Replica. */
export function replicaEnvironment(replica: Pick<Replica, "index" | "count">): Record<string, string> {
  return { [REPLICA_ID]: String(replica.index), [REPLICA_COUNT]: String(replica.count) };
}

import type { DatabaseSync, SQLOutputValue } from "node:sqlite";

/** How one attempt went, as far as it is known. */
export interface AttemptRecord {
  readonly sessionId: string;
  /** From 1. */
  readonly attempt: number;
  readonly admittedAt: string;
  readonly startedAt: string | null;
  readonly endedAt: string | null;
  readonly exitCode: number | null;
  readonly signal: string | null;
  readonly cause: string | null;
  readonly outOfMemory: boolean;
  readonly cpuSeconds: number | null;
  readonly peakMemoryBytes: number | null;
}

/** The same with the place of its Session in the Group. */
export interface ReplicaAttempt extends AttemptRecord {
  readonly replicaIndex: number;
}

export type AttemptEnd = Omit<AttemptRecord, "admittedAt">;

export class AttemptStore {
  readonly #insert;
  readonly #end;
  readonly #find;
  readonly #ofGroup;

  constructor(database: DatabaseSync) {
    this.#insert = database.prepare(
      "INSERT INTO attempts (session_id, attempt, admitted_at) VALUES (?, ?, ?) ON CONFLICT DO NOTHING",
    );
    this.#end = database.prepare(`
      UPDATE attempts SET started_at = ?, ended_at = ?, exit_code = ?, signal = ?, cause = ?, out_of_memory = ?,
        cpu_seconds = ?, peak_memory_bytes = ?
      WHERE session_id = ? AND attempt = ?`);
    this.#find = database.prepare("SELECT * FROM attempts WHERE session_id = ? AND attempt = ?");
    this.#ofGroup = database.prepare(`
      SELECT attempts.*, replica_index FROM sessions JOIN attempts ON session_id = sessions.id
      WHERE group_id = ? AND deleted_at IS NULL ORDER BY replica_index, sequence, attempts.attempt`);
  }

  begin(attempt: Pick<AttemptRecord, "sessionId" | "attempt" | "admittedAt">): void {
    this.#insert.run(attempt.sessionId, attempt.attempt, attempt.admittedAt);
  }

  end(end: AttemptEnd): void {
    this.#end.run(
      ...[end.startedAt, end.endedAt, end.exitCode, end.signal, end.cause, end.outOfMemory ? 1 : 0],
      ...[end.cpuSeconds, end.peakMemoryBytes, end.sessionId, end.attempt],
    );
  }

  find(sessionId: string, attempt: number): AttemptRecord | null {
    const row = this.#find.get(sessionId, attempt);
    return row === undefined ? null : toRecord(row);
  }

  /** All attempts of a Group's Sessions that are not deleted, in the order of the Replicas, each oldest first. */
  *ofGroup(groupId: string): Generator<ReplicaAttempt> {
    for (const row of this.#ofGroup.iterate(groupId)) {
      yield { ...toRecord(row), replicaIndex: Number(row.replica_index) };
    }
  }
}

function toRecord(row: Record<string, SQLOutputValue>): AttemptRecord {
  return {
    ...{
      sessionId: String(row.session_id),
      attempt: Number(row.attempt),
      admittedAt: String(row.admitted_at),
    },
    startedAt: row.started_at as string | null,
    endedAt: row.ended_at as string | null,
    exitCode: row.exit_code as number | null,
    signal: row.signal as string | null,
    cause: row.cause as string | null,
    outOfMemory: row.out_of_memory === 1,
    cpuSeconds: row.cpu_seconds as number | null,
    peakMemoryBytes: row.peak_memory_bytes as number | null,
  };
}

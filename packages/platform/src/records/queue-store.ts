import type { DatabaseSync } from "node:sqlite";
import { SESSION_COLUMNS, type SessionRecord } from "./session-store.ts";

/** How many Sessions of a Group wait, and what for. */
export interface WaitingTally {
  readonly groupId: string;
  readonly ready: number;
  readonly backingOff: number;
  readonly held: number;
  /** When the first of those that back off may start, ISO 8601; null where none does. */
  readonly dueAt: string | null;
}

/** How the Replicas of a Group stand, deleted ones included. */
export interface GroupOutcomes {
  readonly open: number;
  readonly completed: number;
  readonly failed: number;
}

/** The end of Sessions that never ran. */
export interface UnrunEnd {
  readonly reason: string;
  readonly message: string;
  /** ISO 8601. */
  readonly at: string;
}

const QUEUED = "phase = 'queued'";
const END = "phase = 'ended', status = 'Failed', reason = ?, message = ?, ended_at = ?";

/** Replica of the same number in the Group that `?` names. */
const counterpart = (status: string) => `EXISTS (
  SELECT 1 FROM sessions AS other WHERE other.group_id = ? AND other.replica_index = sessions.replica_index
    AND other.phase = 'ended' AND other.status = '${status}')`;

/** Questions and changes that concern what waits; answered by the partial index `sessions_queued`. */
export class QueueStore {
  readonly #waiting;
  readonly #firstDue;
  readonly #due;
  readonly #ready;
  readonly #countReady;
  readonly #end;
  readonly #release;
  readonly #endHeld;
  readonly #outcomes;
  readonly #failures;
  readonly #stateOfReplica;
  readonly #durations;

  constructor(database: DatabaseSync) {
    const select = (rest: string) => database.prepare(`SELECT ${SESSION_COLUMNS} FROM sessions ${rest}`);
    this.#waiting = database.prepare(`
      SELECT group_id AS groupId, SUM(held = 0 AND not_before = '') AS ready,
        SUM(held = 0 AND not_before > '') AS backingOff, SUM(held) AS held,
        MIN(CASE WHEN held = 0 AND not_before > '' THEN not_before END) AS dueAt
      FROM sessions WHERE ${QUEUED} GROUP BY group_id`);
    this.#firstDue = database.prepare(
      `SELECT MIN(not_before) AS at FROM sessions WHERE ${QUEUED} AND group_id = ? AND held = 0 AND not_before > ''`,
    );
    this.#due = select(`
      WHERE ${QUEUED} AND group_id = ? AND held = 0 AND not_before > '' AND (not_before <= ? OR not_before > ?)
      ORDER BY not_before LIMIT ?`);
    this.#ready = select(`
      WHERE ${QUEUED} AND group_id = ? AND held = 0 AND not_before = ''
      ORDER BY replica_index LIMIT ? OFFSET ?`);
    this.#countReady = database.prepare(`
      SELECT COUNT(*) AS count FROM sessions
      WHERE ${QUEUED} AND group_id = ? AND held = 0 AND not_before = '' AND replica_index >= ? AND replica_index < ?`);
    this.#end = database.prepare(`UPDATE sessions SET ${END} WHERE ${QUEUED} AND group_id = ?`);
    const one = "AND (? IS NULL OR replica_index = ?)";
    this.#release = database.prepare(`
      UPDATE sessions SET held = 0 WHERE ${QUEUED} AND group_id = ? AND held = 1 ${one} AND ${counterpart("Completed")}`);
    this.#endHeld = database.prepare(`
      UPDATE sessions SET ${END} WHERE ${QUEUED} AND group_id = ? AND held = 1 ${one} AND ${counterpart("Failed")}`);
    this.#outcomes = database.prepare(`
      SELECT COALESCE(SUM(phase <> 'ended'), 0) AS open,
        COALESCE(SUM(phase = 'ended' AND status = 'Completed'), 0) AS completed,
        COALESCE(SUM(phase = 'ended' AND status <> 'Completed'), 0) AS failed
      FROM sessions WHERE group_id = ? AND replica_index <= ?`);
    this.#failures = database.prepare(`
      SELECT COUNT(*) AS count FROM sessions
      WHERE group_id = ? AND phase = 'ended' AND status = 'Failed'
        AND (stop_cause IS NULL OR stop_cause = 'expired') AND reason NOT IN ('MaxFailures', 'DependencyFailed')`);
    this.#stateOfReplica = database.prepare(
      "SELECT status FROM sessions WHERE group_id = ? AND replica_index = ? LIMIT 1",
    );
    this.#durations = database.prepare(`
      SELECT started_at AS startedAt, ended_at AS endedAt FROM sessions
      WHERE username = ? AND group_id = ? AND deleted_at IS NULL AND phase = 'ended' AND status = ?
        AND started_at IS NOT NULL
      ORDER BY started_at DESC LIMIT 50`);
  }

  /** What waits of each Group of which something waits. */
  waiting(): WaitingTally[] {
    return this.#waiting.all() as unknown as WaitingTally[];
  }

  /** When the first of those of a Group that back off may start. */
  firstDue(groupId: string): string | null {
    return (this.#firstDue.get(groupId)?.at as string | null | undefined) ?? null;
  }

  /**
   * Sessions of a Group whose back-off is over, longest over first.
   *
   * @param options.now,options.horizon ISO 8601; no back-off ends after the horizon, unless the clock was set back
   */
  due(groupId: string, options: { now: string; horizon: string; limit: number }): SessionRecord[] {
    const rows = this.#due.all(groupId, options.now, options.horizon, options.limit);
    return rows as unknown as SessionRecord[];
  }

  /** Sessions of a Group that may start, in the order of their Replicas. */
  ready(groupId: string, options: { limit: number; offset: number }): SessionRecord[] {
    return this.#ready.all(groupId, options.limit, options.offset) as unknown as SessionRecord[];
  }

  /** How many of a Group may start. @param from first Replica @param to the Replica after the last one */
  countReady(groupId: string, from: number, to: number): number {
    return Number(this.#countReady.get(groupId, from, to)?.count ?? 0);
  }

  /** Ends all of a Group that waits. */
  endWaiting(groupId: string, end: UnrunEnd): void {
    this.#end.run(end.reason, end.message, end.at, groupId);
  }

  /**
   * Lets those Replicas of a Group go on whose counterpart in another Group has completed.
   *
   * @param replicaIndex only this one; all where null
   * @returns how many
   */
  release(groupId: string, other: string, replicaIndex: number | null): number {
    return Number(this.#release.run(groupId, replicaIndex, replicaIndex, other).changes);
  }

  /** Ends those whose counterpart has failed. @returns how many */
  endHeld(groupId: string, other: string, replicaIndex: number | null, end: UnrunEnd): number {
    const { changes } = this.#endHeld.run(
      ...[end.reason, end.message, end.at, groupId, replicaIndex, replicaIndex, other],
    );
    return Number(changes);
  }

  /** @param last Replica that is looked at; all are where nothing is said */
  outcomes(groupId: string, last: number = Number.MAX_SAFE_INTEGER): GroupOutcomes {
    return this.#outcomes.get(groupId, last) as unknown as GroupOutcomes;
  }

  /** Replicas that failed by themselves, as `placeOf` counts them. */
  countFailures(groupId: string): number {
    return Number(this.#failures.get(groupId)?.count ?? 0);
  }

  /** Status of one Replica; null where there is none. */
  statusOfReplica(groupId: string, replicaIndex: number): string | null {
    return (this.#stateOfReplica.get(groupId, replicaIndex)?.status as string | undefined) ?? null;
  }

  /** How long the Sessions of a Group ran that started last, in seconds; those that completed, where any did. */
  durations(username: string, groupId: string): number[] {
    for (const status of ["Completed", "Failed"]) {
      const rows = this.#durations.all(username, groupId, status);
      if (rows.length === 0) continue;
      return rows.map(
        ({ startedAt, endedAt }) => (Date.parse(String(endedAt)) - Date.parse(String(startedAt))) / 1000,
      );
    }
    return [];
  }
}

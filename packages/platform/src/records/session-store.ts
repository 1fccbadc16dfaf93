import type { DatabaseSync, SQLInputValue } from "node:sqlite";
import type { SessionStatus } from "@canfar/contract";

/** Where the platform stands with a Session; the driver's phases, with the queue before them. */
export type RecordPhase = "queued" | "admitted" | "preparing" | "starting" | "running" | "ended";

/** Why the platform ended a Session. */
export type StopCause = "deleted" | "expired" | "stopped";

export interface SessionRecord {
  /** Order of creation over all users. */
  readonly sequence: number;
  readonly id: string;
  readonly groupId: string;
  readonly username: string;
  readonly name: string;
  readonly replicaIndex: number;
  readonly phase: RecordPhase;
  readonly status: SessionStatus;
  readonly reason: string | null;
  readonly message: string | null;
  readonly exitCode: number | null;
  /** 0 while it waits for its first attempt. */
  readonly attempt: number;
  readonly createdAt: string;
  readonly startedAt: string | null;
  readonly endedAt: string | null;
  readonly expiresAt: string | null;
  readonly stopCause: StopCause | null;
  readonly deletedAt: string | null;
  /** A queued one does not start before this time, ISO 8601; empty: at any time. */
  readonly notBefore: string;
  /** 1 while a queued one waits for a Replica of another Group. */
  readonly held: 0 | 1;
  /** Memory of its attempts from now on, in GiB; null means the Group's. */
  readonly memoryGiB: number | null;
  /** Attempts before the last rerun: retries are counted from there. */
  readonly attemptsBefore: number;
}

/** How many Replicas of a Group are in one phase with one status. */
export interface GroupTally {
  readonly groupId: string;
  readonly phase: RecordPhase;
  readonly status: SessionStatus;
  readonly count: number;
  /** When the first of them started and the last one ended, ISO 8601; null where none did. */
  readonly startedAt: string | null;
  readonly endedAt: string | null;
}

export type NewSession = Pick<
  SessionRecord,
  | "id"
  | "groupId"
  | "username"
  | "name"
  | "replicaIndex"
  | "phase"
  | "reason"
  | "message"
  | "createdAt"
  | "held"
>;

/** What is the same for all new ones. */
const FRESH: Omit<SessionRecord, keyof NewSession | "sequence"> = {
  ...{ status: "Pending", exitCode: null, attempt: 0, startedAt: null, endedAt: null, expiresAt: null },
  ...{ stopCause: null, deletedAt: null, notBefore: "", memoryGiB: null, attemptsBefore: 0 },
};

/** A new Session as it will be on record, as yet without a place in the order of creation. */
export function freshSession(session: NewSession): SessionRecord {
  return { ...FRESH, ...session, sequence: 0 };
}

/** What may change in a Session's life; absent means unchanged. */
export type SessionChange = Partial<
  Pick<
    SessionRecord,
    | "phase"
    | "status"
    | "reason"
    | "message"
    | "exitCode"
    | "attempt"
    | "startedAt"
    | "endedAt"
    | "expiresAt"
    | "stopCause"
    | "deletedAt"
  >
>;

/** How a Session goes back into the queue, its last attempt behind it. */
export type Requeue = Pick<
  SessionRecord,
  "reason" | "message" | "notBefore" | "held" | "memoryGiB" | "attemptsBefore"
>;

export const SESSION_COLUMNS = `sequence, id, group_id AS groupId, sessions.username AS username, name,
  replica_index AS replicaIndex, phase, status, reason, message, exit_code AS exitCode, attempt,
  sessions.created_at AS createdAt, started_at AS startedAt, ended_at AS endedAt, expires_at AS expiresAt,
  stop_cause AS stopCause, deleted_at AS deletedAt, not_before AS notBefore, held, memory_gib AS memoryGiB, attempts_before AS attemptsBefore`;

/** Rows that are read at a time: a long list is neither all in memory, nor a statement that stays open. */
const PAGE = 100;

/** The partial index `sessions_active` answers exactly this condition. */
const ACTIVE = "phase IN ('admitted', 'preparing', 'starting', 'running')";

export class SessionStore {
  readonly #insert;
  readonly #find;
  readonly #listed;
  readonly #listedOfAll;
  readonly #active;
  readonly #isActive;
  readonly #activeInteractive;
  readonly #queued;
  readonly #nextExpiry;
  readonly #expired;
  readonly #update;
  readonly #requeue;
  readonly #ofGroup;
  readonly #everyOfGroup;
  readonly #isGroupActive;
  readonly #hasReplica;
  readonly #idsOfGroup;
  readonly #tally;
  readonly #tallyOfGroup;

  constructor(database: DatabaseSync) {
    const select = (rest: string) => database.prepare(`SELECT ${SESSION_COLUMNS} FROM sessions ${rest}`);
    this.#insert = database.prepare(`
      INSERT INTO sessions (id, group_id, username, name, replica_index, phase, status, reason, message, created_at,
        held)
      VALUES (?, ?, ?, ?, ?, ?, 'Pending', ?, ?, ?, ?)
      ON CONFLICT (id) DO NOTHING`);
    this.#find = select("WHERE id = ?");
    this.#listed = select(
      "WHERE username = ? AND deleted_at IS NULL AND sequence > ? ORDER BY sequence LIMIT ?",
    );
    this.#listedOfAll = select("WHERE deleted_at IS NULL AND sequence > ? ORDER BY sequence LIMIT ?");
    this.#active = select(`WHERE ${ACTIVE} ORDER BY sequence`);
    this.#isActive = database.prepare(
      `SELECT 1 FROM sessions WHERE id = ? AND attempt = ? AND username = ? AND deleted_at IS NULL AND ${ACTIVE}`,
    );
    this.#activeInteractive = database.prepare(`
      SELECT COUNT(*) AS count FROM sessions JOIN groups ON groups.id = group_id
      WHERE sessions.username = ? AND interactive = 1 AND deleted_at IS NULL AND ${ACTIVE}`);
    this.#queued = select("WHERE phase = 'queued' ORDER BY sequence");
    this.#nextExpiry = database.prepare(
      `SELECT MIN(expires_at) AS at FROM sessions WHERE ${ACTIVE} AND stop_cause IS NULL`,
    );
    this.#expired = select(`WHERE ${ACTIVE} AND stop_cause IS NULL AND expires_at <= ?`);
    this.#ofGroup = select("WHERE group_id = ? AND deleted_at IS NULL ORDER BY replica_index, sequence");
    this.#everyOfGroup = select("WHERE group_id = ? ORDER BY replica_index, sequence");
    this.#isGroupActive = database.prepare(`
      SELECT 1 FROM sessions WHERE group_id = ? AND phase = 'queued'
      UNION ALL SELECT 1 FROM sessions WHERE ${ACTIVE} AND group_id = ? LIMIT 1`);
    this.#hasReplica = database.prepare("SELECT 1 FROM sessions WHERE group_id = ? AND replica_index = ?");
    this.#idsOfGroup = database.prepare(
      "SELECT id FROM sessions WHERE group_id = ? ORDER BY replica_index, sequence",
    );
    const tally = (rest: string) =>
      database.prepare(`
        SELECT group_id AS groupId, phase, status, COUNT(*) AS count,
          MIN(started_at) AS startedAt, MAX(ended_at) AS endedAt FROM sessions
        WHERE deleted_at IS NULL AND username = ? ${rest} GROUP BY group_id, phase, status`);
    this.#tally = tally("");
    this.#tallyOfGroup = tally("AND group_id = ?");
    // Every column that changes, in one statement: a null parameter leaves the column as it is.
    this.#update = database.prepare(`
      UPDATE sessions SET phase = COALESCE(?, phase), status = COALESCE(?, status), reason = COALESCE(?, reason),
        message = COALESCE(?, message), exit_code = COALESCE(?, exit_code), attempt = COALESCE(?, attempt),
        started_at = COALESCE(?, started_at), ended_at = COALESCE(?, ended_at),
        expires_at = COALESCE(?, expires_at), stop_cause = COALESCE(?, stop_cause),
        deleted_at = COALESCE(?, deleted_at)
      WHERE id = ?`);
    this.#requeue = database.prepare(`
      UPDATE sessions SET phase = 'queued', status = 'Pending', exit_code = NULL, started_at = NULL, ended_at = NULL,
        expires_at = NULL, stop_cause = NULL, reason = ?, message = ?, not_before = ?, held = ?, memory_gib = ?,
        attempts_before = ?
      WHERE id = ?`);
  }

  /** Back into the queue for another attempt: what the last one left in the row goes, its number stays. */
  requeue(session: SessionRecord, change: Requeue): SessionRecord {
    this.#requeue.run(
      ...[change.reason, change.message, change.notBefore, change.held, change.memoryGiB],
      ...[change.attemptsBefore, session.id],
    );
    return {
      ...{ ...session, phase: "queued", status: "Pending", exitCode: null, startedAt: null, endedAt: null },
      ...{ expiresAt: null, stopCause: null, ...change },
    };
  }

  /** Puts a new Session on record. @returns null where its id is taken */
  insert(session: NewSession): SessionRecord | null {
    const { changes, lastInsertRowid } = this.#insert.run(
      ...[session.id, session.groupId, session.username, session.name, session.replicaIndex, session.phase],
      ...[session.reason, session.message, session.createdAt, session.held],
    );
    if (changes === 0) return null;
    return { ...freshSession(session), sequence: Number(lastInsertRowid) };
  }

  /** Also a deleted one. */
  find(id: string): SessionRecord | null {
    return (this.#find.get(id) as SessionRecord | undefined) ?? null;
  }

  /** What is on the list of one user, or of all where `username` is null, in order of creation, page by page. */
  *listed(username: string | null): Generator<SessionRecord> {
    let after = 0;
    for (;;) {
      const rows =
        username === null ? this.#listedOfAll.all(after, PAGE) : this.#listed.all(username, after, PAGE);
      const page = rows as unknown as SessionRecord[];
      yield* page;
      if (page.length < PAGE) return;
      after = page.at(-1)?.sequence ?? after;
    }
  }

  /** Sessions of a Group in the order of their Replicas, without deleted ones. */
  ofGroup(groupId: string): SessionRecord[] {
    return this.#ofGroup.all(groupId) as unknown as SessionRecord[];
  }

  /** The same with deleted ones. */
  everyOfGroup(groupId: string): SessionRecord[] {
    return this.#everyOfGroup.all(groupId) as unknown as SessionRecord[];
  }

  /** True while a Session of the Group waits or runs, deleted ones included. */
  isGroupActive(groupId: string): boolean {
    return this.#isGroupActive.get(groupId, groupId) !== undefined;
  }

  /** True where the Group has that Replica, deleted ones included. */
  hasReplica(groupId: string, replicaIndex: number): boolean {
    return this.#hasReplica.get(groupId, replicaIndex) !== undefined;
  }

  /** Session id of a Group's first Replica, deleted or not; null where there is no such Group. */
  firstOfGroup(groupId: string): string | null {
    return (this.#idsOfGroup.get(groupId)?.id as string | undefined) ?? null;
  }

  /** Session ids of a Group in the order of their Replicas, deleted ones included. */
  idsOfGroup(groupId: string): string[] {
    return this.#idsOfGroup.all(groupId).map(({ id }) => String(id));
  }

  /** Replicas of each Group of a user (of one Group where `groupId` is given) that are not deleted, by phase and status. */
  tally(username: string, groupId?: string): GroupTally[] {
    const rows =
      groupId === undefined ? this.#tally.all(username) : this.#tallyOfGroup.all(username, groupId);
    return rows as unknown as GroupTally[];
  }

  /** True while an attempt is admitted and neither ended nor deleted. */
  isActive(session: { sessionId: string; attempt: number; username: string }): boolean {
    return this.#isActive.get(session.sessionId, session.attempt, session.username) !== undefined;
  }

  /** Admitted and not ended, deleted ones included. */
  active(): SessionRecord[] {
    return this.#active.all() as unknown as SessionRecord[];
  }

  countActiveInteractive(username: string): number {
    return Number(this.#activeInteractive.get(username)?.count ?? 0);
  }

  /** What waits, of everybody, in order of creation. */
  queued(): SessionRecord[] {
    return this.#queued.all() as unknown as SessionRecord[];
  }

  /** When the next active Session expires, ISO 8601; null where none will. */
  nextExpiry(): string | null {
    return (this.#nextExpiry.get()?.at as string | null | undefined) ?? null;
  }

  /** Active Sessions whose life was over at `at`, and that were not asked to end yet. */
  expired(at: string): SessionRecord[] {
    return this.#expired.all(at) as unknown as SessionRecord[];
  }

  update(id: string, change: SessionChange): void {
    const values: (SQLInputValue | undefined)[] = [
      ...[change.phase, change.status, change.reason, change.message, change.exitCode, change.attempt],
      ...[change.startedAt, change.endedAt, change.expiresAt, change.stopCause, change.deletedAt],
    ];
    this.#update.run(...values.map((value) => value ?? null), id);
  }
}

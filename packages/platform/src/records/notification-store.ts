import type { DatabaseSync } from "node:sqlite";
import type { NotificationDocument, NotificationMoment } from "@canfar/contract";

/** One notification on its way to one target. */
export interface NotificationRecord {
  readonly id: string;
  readonly groupId: string;
  /** `https://…` or `mailto:…`. */
  readonly target: string;
  readonly moment: NotificationMoment;
  readonly document: NotificationDocument;
  /** True once its causes are in it: from then on every repetition says the same. */
  readonly isWritten: boolean;
  /** Attempts to deliver it so far. */
  readonly attempts: number;
}

export class NotificationStore {
  readonly #insert;
  readonly #due;
  readonly #nextDue;
  readonly #hasCurrent;
  readonly #close;
  readonly #write;
  readonly #postpone;
  readonly #settle;
  readonly #deleteSettled;

  constructor(database: DatabaseSync) {
    this.#insert = database.prepare(`
      INSERT INTO notifications (id, group_id, target, moment, at, document, due_at) VALUES (?, ?, ?, ?, ?, ?, ?)`);
    this.#due = database.prepare(`
      SELECT id, group_id AS groupId, target, moment, document, is_written AS isWritten, attempts
      FROM notifications WHERE due_at <= ? OR due_at > ? ORDER BY due_at LIMIT ?`);
    this.#nextDue = database.prepare("SELECT MIN(due_at) AS at FROM notifications WHERE due_at IS NOT NULL");
    this.#hasCurrent = database.prepare(`
      SELECT 1 FROM notifications WHERE group_id = ? AND moment = ? AND is_current = 1 LIMIT 1`);
    this.#close = database.prepare(
      "UPDATE notifications SET is_current = 0 WHERE group_id = ? AND is_current = 1",
    );
    this.#write = database.prepare("UPDATE notifications SET document = ?, is_written = 1 WHERE id = ?");
    this.#postpone = database.prepare(
      "UPDATE notifications SET attempts = attempts + 1, due_at = ?, problem = ? WHERE id = ?",
    );
    this.#settle = database.prepare(`
      UPDATE notifications SET attempts = attempts + 1, due_at = NULL, settled_at = ?, problem = ? WHERE id = ?`);
    this.#deleteSettled = database.prepare("DELETE FROM notifications WHERE settled_at < ?");
  }

  /** Puts one into the outbox, to be sent at once. */
  insert({
    id,
    groupId,
    target,
    moment,
    document,
  }: Pick<NotificationRecord, "id" | "groupId" | "target" | "moment" | "document">): void {
    this.#insert.run(id, groupId, target, moment, document.at, JSON.stringify(document), document.at);
  }

  /**
   * Those that may be sent now, the longest waiting first.
   *
   * @param now ISO 8601
   * @param horizon ISO 8601: none is put off so long, so what is due later than that was put off by another clock
   */
  due({ now, horizon }: { now: string; horizon: string }, limit: number): NotificationRecord[] {
    return this.#due.all(now, horizon, limit).map((row) => ({
      ...{ id: String(row.id), groupId: String(row.groupId), target: String(row.target) },
      moment: row.moment as NotificationMoment,
      document: JSON.parse(String(row.document)) as NotificationDocument,
      ...{ isWritten: row.isWritten === 1, attempts: Number(row.attempts) },
    }));
  }

  /** When the next one may be sent, ISO 8601; null where none waits. */
  nextDue(): string | null {
    return (this.#nextDue.get()?.at as string | null | undefined) ?? null;
  }

  /** True where this moment was told since the Group was launched or run again. */
  hasCurrent(groupId: string, moment: NotificationMoment): boolean {
    return this.#hasCurrent.get(groupId, moment) !== undefined;
  }

  /** The Group has ended: what comes after a rerun is told anew. */
  close(groupId: string): void {
    this.#close.run(groupId);
  }

  /** Keeps the whole document, before it is sent for the first time. */
  write(id: string, document: NotificationDocument): void {
    this.#write.run(JSON.stringify(document), id);
  }

  /** An attempt failed; the next one is at `dueAt`. */
  postpone(id: string, { dueAt, problem }: { dueAt: string; problem: string }): void {
    this.#postpone.run(dueAt, problem, id);
  }

  /** Delivered, or with a problem given up. */
  settle(id: string, { at, problem }: { at: string; problem: string | null }): void {
    this.#settle.run(at, problem, id);
  }

  /** Forgets what was settled before a time, ISO 8601. */
  deleteSettledBefore(time: string): void {
    this.#deleteSettled.run(time);
  }
}

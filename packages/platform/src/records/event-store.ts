import type { DatabaseSync } from "node:sqlite";
import type { SessionEvent } from "@canfar/contract";

export type NewEvent = Pick<SessionEvent, "type" | "reason" | "message"> & { readonly at: string };

export class EventStore {
  readonly #insert;
  readonly #last;
  readonly #touch;
  readonly #list;

  constructor(database: DatabaseSync) {
    this.#insert = database.prepare(
      "INSERT INTO events (session_id, type, reason, message, first_time, last_time) VALUES (?, ?, ?, ?, ?, ?)",
    );
    this.#last = database.prepare(
      "SELECT sequence, reason, message FROM events WHERE session_id = ? ORDER BY sequence DESC LIMIT 1",
    );
    this.#touch = database.prepare("UPDATE events SET last_time = max(last_time, ?) WHERE sequence = ?");
    this.#list = database.prepare(`
      SELECT type, reason, message, first_time AS firstTime, last_time AS lastTime
      FROM events WHERE session_id = ? ORDER BY sequence`);
  }

  /** Adds what happened; the same thing again, with nothing between, only moves its last time. */
  add(sessionId: string, event: NewEvent): void {
    const last = this.#last.get(sessionId);
    if (last !== undefined && last.reason === event.reason && last.message === event.message) {
      this.#touch.run(event.at, Number(last.sequence));
      return;
    }
    this.#insert.run(sessionId, event.type, event.reason, event.message, event.at, event.at);
  }

  list(sessionId: string): SessionEvent[] {
    return this.#list.all(sessionId) as unknown as SessionEvent[];
  }
}

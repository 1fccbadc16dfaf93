import { CanfarError, type User } from "@canfar/contract";
import type { LogLine, SessionDriver } from "@canfar/drivers";
import type { Records } from "../../records/records.ts";
import type { SessionRecord } from "../../records/session-store.ts";
import type { SessionChanges } from "../session-changes.ts";
import { removedLogs } from "./removed-logs.ts";

export interface LogQuery {
  /** Go on until the Session ends. */
  readonly follow: boolean;
  /** Only the last N lines that there are now. */
  readonly tail?: number | undefined;
  /** ISO 8601. */
  readonly since?: string | undefined;
  readonly signal: AbortSignal;
}

/** Reads what Sessions wrote, all their attempts one after the other. */
export class SessionLogs {
  readonly #options;
  readonly #stopping = new AbortController();

  constructor(options: { driver: SessionDriver; records: Records; changes: SessionChanges }) {
    this.#options = options;
  }

  /**
   * @returns the lines; none at once for a Session that has not started, or with `follow` as they come
   * @throws CanfarError `session.not_found`, `session.logs_removed`, before the first line
   */
  read(user: User, id: string, query: LogQuery): AsyncGenerator<readonly LogLine[]> {
    const { groupId: group } = this.#record(user, id);
    const signal = AbortSignal.any([query.signal, this.#stopping.signal]);
    return this.#lines({ group, id }, { ...query, signal });
  }

  /** Also a deleted Session has its log, until that is removed. */
  #record(user: User, id: string): SessionRecord {
    const { sessions, groups } = this.#options.records;
    const record = sessions.find(id);
    const removedAt = record === null ? null : (groups.find(record.groupId)?.logsRemovedAt ?? null);
    const isKnown = record?.username === user.username && (record.deletedAt === null || removedAt === null);
    if (record === null || !isKnown) {
      throw new CanfarError("session.not_found", {
        message: `session ${id} not found`,
        hint: "List your sessions with `canfar ps --all`.",
        details: { id },
      });
    }
    if (removedAt !== null) throw removedLogs(id, removedAt);
    return record;
  }

  /** Lets all readers go that wait for more. */
  stop(): void {
    this.#stopping.abort();
  }

  async *#lines(
    { group, id }: { group: string; id: string },
    query: LogQuery,
  ): AsyncGenerator<readonly LogLine[]> {
    const { driver } = this.#options;
    const { tail, since, signal, follow } = query;
    let attempt = 1;
    do {
      if (follow) await this.#untilAccepted(id, signal);
      const latest = this.#options.records.sessions.find(id)?.attempt ?? 0;
      // The tail is of the latest attempt: that is the one people ask about.
      if (tail !== undefined && attempt === 1) attempt = Math.max(1, latest);
      for (; attempt <= latest && !signal.aborted; attempt += 1) {
        const options = { tail, since, signal, follow: follow && attempt === latest };
        yield* driver.readLog({ group, sessionId: id, attempt }, options);
      }
    } while (follow && (await this.#hasNext(id, attempt - 1, signal)));
  }

  /** True where another attempt follows the one that the driver saw end. */
  async #hasNext(id: string, attempt: number, signal: AbortSignal): Promise<boolean> {
    const { records, changes } = this.#options;
    while (!signal.aborted) {
      const session = records.sessions.find(id);
      if (session === null || session.phase === "ended") return false;
      if (session.phase === "queued" || session.attempt > attempt) return true;
      await changes.next(id, signal); // The records do not know of the end yet.
    }
    return false;
  }

  async #untilAccepted(id: string, signal: AbortSignal): Promise<void> {
    const { records, changes } = this.#options;
    const isWaiting = () => ["queued", "admitted"].includes(records.sessions.find(id)?.phase ?? "ended");
    while (!signal.aborted && isWaiting()) await changes.next(id, signal);
  }
}

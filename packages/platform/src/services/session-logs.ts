import type { User } from "@canfar/contract";
import type { LogLine, SessionDriver } from "@canfar/drivers";
import type { Records } from "../records/records.ts";
import type { SessionChanges } from "./session-changes.ts";
import type { SessionReader } from "./session-reader.ts";

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

  constructor(options: {
    driver: SessionDriver;
    records: Records;
    reader: SessionReader;
    changes: SessionChanges;
  }) {
    this.#options = options;
  }

  /**
   * @returns the lines; none at once for a Session that has not started, or with `follow` as they come
   * @throws CanfarError `session.not_found`, before the first line
   */
  read(user: User, id: string, query: LogQuery): AsyncGenerator<readonly LogLine[]> {
    const { groupId: group } = this.#options.reader.record(user, id);
    return this.#lines(
      { group, id },
      { ...query, signal: AbortSignal.any([query.signal, this.#stopping.signal]) },
    );
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
    if (query.follow) await this.#untilAccepted(id, query.signal);
    const latest = this.#options.records.sessions.find(id)?.attempt ?? 0;
    const { tail, since, signal } = query;
    // The tail is of the latest attempt: that is the one people ask about.
    for (let attempt = tail === undefined ? 1 : latest; attempt >= 1 && attempt <= latest; attempt += 1) {
      const follow = query.follow && attempt === latest;
      yield* driver.readLog({ group, sessionId: id, attempt }, { tail, since, signal, follow });
    }
  }

  async #untilAccepted(id: string, signal: AbortSignal): Promise<void> {
    const { records, changes } = this.#options;
    const isWaiting = () => ["queued", "admitted"].includes(records.sessions.find(id)?.phase ?? "ended");
    while (!signal.aborted && isWaiting()) await changes.next(id, signal);
  }
}

import { CanfarError } from "@canfar/contract";
import type { GroupLogLine, GroupLogPart, LogLine, ReadGroupLogOptions } from "@canfar/drivers";

/** What of a Group's output is read, and when reading it ends. */
export interface FakeLogQuery extends Omit<ReadGroupLogOptions, "followUntil"> {
  /** Only of this attempt. */
  readonly attempt?: number;
  readonly follow: boolean;
  /** True once nothing more will be written. */
  isOver(): boolean;
}

/** The output of a Group in memory, for readers that may wait for more of it. */
export class FakeLog {
  #lines: (GroupLogLine | null)[] = [];
  readonly #waiting = new Set<() => void>();

  append(owner: Omit<GroupLogLine, keyof LogLine>, line: LogLine): void {
    const { sessionId, attempt, replicaIndex } = owner;
    this.#lines.push({ ...line, sessionId, attempt, replicaIndex });
    this.wake();
  }

  /** Absent: of every Session. */
  delete(sessionId?: string): void {
    this.#lines = this.#lines.map((line) =>
      sessionId === undefined || line?.sessionId === sessionId ? null : line,
    );
  }

  read(query: FakeLogQuery): AsyncGenerator<GroupLogPart> {
    const { cursor } = query;
    if (cursor !== undefined && !/^\d+$/.test(cursor)) {
      throw new CanfarError("request.invalid", { message: "the log cursor is not one of this server's" });
    }
    return this.#read(query);
  }

  async *#read(query: FakeLogQuery): AsyncGenerator<GroupLogPart> {
    const { cursor, signal, follow } = query;
    const isInTail = cursor === undefined ? this.#tail(query) : () => true;
    let position = Number(cursor ?? 0);
    for (;;) {
      const wasOver = query.isOver();
      const fresh = this.#lines.slice(position);
      const lines = fresh.filter((line) => line !== null && isWanted(line, query) && isInTail(line));
      position += fresh.length;
      if (lines.length > 0) yield { lines: lines as GroupLogLine[], cursor: String(position) };
      if (!follow || wasOver || signal?.aborted) return;
      if (position === this.#lines.length && !query.isOver()) await this.#changed(signal);
    }
  }

  #tail({ tail, ...query }: FakeLogQuery): (line: GroupLogLine) => boolean {
    if (tail === undefined) return () => true;
    const known = this.#lines.filter(
      (line) => line !== null && isWanted(line, { ...query, since: undefined }),
    );
    const bySession = Map.groupBy(known as GroupLogLine[], ({ sessionId }) => sessionId);
    const left = [...bySession.values()].flatMap((lines) => {
      const newest = Math.max(...lines.map(({ attempt }) => attempt));
      const own = lines.filter(({ attempt }) => attempt === newest);
      return own.slice(Math.max(0, own.length - tail));
    });
    const [before, kept] = [new Set(known), new Set(left)];
    return (line) => !before.has(line) || kept.has(line);
  }

  #changed(signal: AbortSignal | undefined): Promise<void> {
    return new Promise((resolve) => {
      const done = () => {
        this.#waiting.delete(done);
        signal?.removeEventListener("abort", done);
        resolve();
      };
      this.#waiting.add(done);
      signal?.addEventListener("abort", done);
    });
  }

  /** Readers look again. */
  wake(): void {
    for (const done of this.#waiting) done();
  }
}

function isWanted(line: GroupLogLine, { sessionIds, attempt, since }: Partial<FakeLogQuery>): boolean {
  return (
    (sessionIds === undefined || sessionIds.has(line.sessionId)) &&
    (attempt === undefined || attempt === line.attempt) &&
    (since === undefined || line.time >= since)
  );
}

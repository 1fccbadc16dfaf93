import {
  CanfarError,
  isSelected,
  type ReplicaSelection,
  replicaName,
  selectsAll,
  type User,
} from "@canfar/contract";
import type { GroupLogLine, SessionDriver } from "@canfar/drivers";
import { type Clock, pause } from "../../clock.ts";
import type { GroupRecord } from "../../records/group-store.ts";
import type { Records } from "../../records/records.ts";
import type { SessionRecord } from "../../records/session-store.ts";
import { stateOf } from "../group-reader.ts";
import type { SessionChanges } from "../session-changes.ts";
import { lineFilter } from "./line-filter.ts";
import { decodePlace, encodePlace, type LogPlace } from "./log-place.ts";
import { removedLogs } from "./removed-logs.ts";
import { attemptsOf, decodeAttempts, encodeAttempts, type ReplicaAttempts } from "./replica-attempts.ts";
import type { LogQuery } from "./session-logs.ts";

/** A Group of thousands changes hundreds of times a second; whether it has ended is asked less often. */
const PAUSE_MS = 100;
/** The same for which of its Replicas have ended: that is to read all their rows. */
const ROUND_PAUSE_MS = 1000;

export interface GroupLogQuery extends LogQuery {
  readonly replicas: ReplicaSelection;
  /** Regular expression in the syntax of RE2. */
  readonly grep?: string | undefined;
  /** Of a line that was read before. */
  readonly cursor?: string | undefined;
}

export interface GroupLogPart {
  readonly lines: readonly GroupLogLine[];
  /** Behind the last of the lines. */
  readonly cursor: string;
}

interface Reading {
  readonly group: GroupRecord;
  readonly query: GroupLogQuery;
  /** Where an earlier reader stopped. */
  readonly place: LogPlace | null;
}

/** Reads what the Replicas of a Group wrote, merged into one stream. */
export class GroupLogs {
  readonly #options;
  readonly #stopping = new AbortController();

  constructor(options: { driver: SessionDriver; records: Records; changes: SessionChanges; clock: Clock }) {
    this.#options = options;
  }

  /**
   * The lines of the selected Replicas. With `follow` also those that come, of attempts that start later too, until no
   * selected Replica will run any more; a Replica chosen by a state in which it has ended comes when it has.
   *
   * @returns the lines; it returns true where nothing more will come, false where it was cut before: `signal` aborted,
   *   or the platform stops
   * @throws CanfarError `group.not_found`, `session.logs_removed`; `request.invalid` for an expression or a cursor that
   *   cannot be used; all before the first line
   */
  read(user: User, id: string, query: GroupLogQuery): AsyncGenerator<GroupLogPart, boolean> {
    const group = this.#group(user, id);
    const filter = query.grep === undefined ? null : lineFilter(query.grep);
    const place = query.cursor === undefined ? null : decodePlace(query.cursor);
    const signal = AbortSignal.any([query.signal, this.#stopping.signal]);
    const reading = { group, place, query: { ...query, signal } };
    const byEnd = query.follow && query.replicas.states.some((state) => ENDED_STATES.has(state));
    return this.#read(byEnd ? this.#asTheyEnd(reading) : this.#asTheyCome(reading), filter, signal);
  }

  /** @returns what tells a Replica's name by its index @throws CanfarError as `read` does */
  namer(user: User, id: string): (replicaIndex: number) => string {
    const { name, replicaCount } = this.#group(user, id);
    return (index) => replicaName(name, index, replicaCount);
  }

  /** Lets all readers go that wait for more. */
  stop(): void {
    this.#stopping.abort();
  }

  /** Also of a Group whose Sessions are deleted, as long as there are logs. */
  #group(user: User, id: string): GroupRecord {
    const group = this.#options.records.groups.find(id);
    if (group?.username === user.username) {
      if (group.logsRemovedAt !== null) throw removedLogs(group.id, group.logsRemovedAt);
      return group;
    }
    throw new CanfarError("group.not_found", {
      message: `group ${id} not found`,
      hint: "List your groups and sessions with `canfar ps --all`.",
      details: { id },
    });
  }

  async *#read(
    parts: AsyncGenerator<GroupLogPart>,
    filter: ((text: string) => boolean) | null,
    signal: AbortSignal,
  ): AsyncGenerator<GroupLogPart, boolean> {
    for await (const part of parts) {
      const lines = filter === null ? part.lines : part.lines.filter(({ text }) => filter(text));
      if (lines.length > 0) yield { ...part, lines };
    }
    return !signal.aborted;
  }

  #asTheyCome({ group, query, place }: Reading): AsyncGenerator<GroupLogPart> {
    const { follow, tail, since, signal } = query;
    const chosen = this.#chosen(group, query, place);
    const ids = chosen === null ? null : this.#idsOf(group, chosen);
    const over = follow ? this.#untilEnded(group, ids, signal) : null;
    const parts = this.#options.driver.readGroupLog(group.id, {
      ...{ followUntil: over, sessionIds: ids ?? undefined, tail, since, cursor: place?.at, signal },
    });
    // Who comes back later means the same Replicas, whatever they are doing then.
    const only =
      chosen === null || query.replicas.states.length === 0 ? {} : { only: encodeAttempts(chosen) };
    return (async function* () {
      for await (const { lines, cursor } of parts)
        yield { lines, cursor: encodePlace({ at: cursor, ...only }) };
      await over;
    })();
  }

  /** Null: all, also those that are still to come. */
  #chosen(group: GroupRecord, { replicas }: GroupLogQuery, place: LogPlace | null): ReplicaAttempts | null {
    if (place?.only !== undefined) return decodeAttempts(place.only, this.#sessions(group));
    if (selectsAll(replicas)) return null;
    return attemptsOf(this.#sessions(group).filter((session) => isChosen(session, replicas)));
  }

  /** Reads each Replica once it has ended as it was asked for; one that ends again after a rerun, again. */
  #asTheyEnd(reading: Reading): AsyncGenerator<GroupLogPart> {
    const { group, place } = reading;
    const sessions = this.#sessions(group);
    const given = decodeAttempts(place?.given ?? {}, sessions);
    const now = decodeAttempts(place?.only ?? {}, sessions);
    return this.#rounds(reading, given, now.size === 0 ? null : this.#round(reading, { given, now }));
  }

  async *#rounds(
    { group, query }: Reading,
    given: Map<number, number>,
    interrupted: AsyncGenerator<GroupLogPart> | null,
  ): AsyncGenerator<GroupLogPart> {
    const { changes } = this.#options;
    const { signal, replicas } = query;
    yield* interrupted ?? [];
    while (!signal.aborted) {
      const changed = changes.nextOfGroup(group.id, signal);
      const sessions = this.#sessions(group);
      const fresh = sessions.filter(
        (session) =>
          session.phase === "ended" &&
          isChosen(session, replicas) &&
          session.attempt > (given.get(session.replicaIndex) ?? 0),
      );
      if (fresh.length > 0) {
        yield* this.#round({ group, query, place: null }, { given, now: attemptsOf(fresh) });
        continue;
      }
      if (sessions.every(({ phase }) => phase === "ended")) return;
      await changed;
      await pause(this.#options.clock, ROUND_PAUSE_MS, signal);
    }
  }

  #round(
    { group, query, place }: Reading,
    { given, now }: { given: Map<number, number>; now: ReplicaAttempts },
  ): AsyncGenerator<GroupLogPart> {
    const { tail, since, signal } = query;
    const sessionIds = this.#idsOf(group, now);
    const options = { followUntil: null, sessionIds, tail, since, cursor: place?.at, signal };
    const parts = this.#options.driver.readGroupLog(group.id, options);
    const [before, only] = [encodeAttempts(given), encodeAttempts(now)];
    const isNew = ({ replicaIndex, attempt }: GroupLogLine) =>
      attempt > (given.get(replicaIndex) ?? 0) && attempt <= (now.get(replicaIndex) ?? 0);
    return (async function* () {
      for await (const { lines, cursor } of parts) {
        yield { lines: lines.filter(isNew), cursor: encodePlace({ at: cursor, only, given: before }) };
      }
      for (const [index, attempt] of now) given.set(index, attempt);
    })();
  }

  async #untilEnded(group: GroupRecord, ids: ReadonlySet<string> | null, signal: AbortSignal): Promise<void> {
    const { records, changes } = this.#options;
    const hasEnded = (id: string) => (records.sessions.find(id)?.phase ?? "ended") === "ended";
    // Each look but the last one finds at once a Replica that runs: the one that the last look found, mostly.
    const left = [...(ids ?? [])];
    const isOver = () => {
      if (ids === null) return !records.sessions.isGroupActive(group.id);
      const running = left.findIndex((id) => !hasEnded(id));
      if (running > 0) left.push(...left.splice(0, running));
      return running < 0;
    };
    while (!signal.aborted) {
      const changed = changes.nextOfGroup(group.id, signal);
      if (isOver()) return;
      await changed;
      await pause(this.#options.clock, PAUSE_MS, signal);
    }
  }

  /** Deleted ones included: their logs are kept. */
  #sessions(group: GroupRecord): SessionRecord[] {
    return this.#options.records.sessions.everyOfGroup(group.id);
  }

  #idsOf(group: GroupRecord, replicas: ReplicaAttempts): Set<string> {
    const chosen = this.#sessions(group).filter(({ replicaIndex }) => replicas.has(replicaIndex));
    return new Set(chosen.map(({ id }) => id));
  }
}

const ENDED_STATES: ReadonlySet<string> = new Set(["completed", "failed"]);

function isChosen(session: SessionRecord, replicas: ReplicaSelection): boolean {
  return isSelected(replicas, { index: session.replicaIndex, state: stateOf(session) });
}

import {
  CanfarError,
  type Group,
  type Item,
  type ItemState,
  isSelected,
  type ReplicaCounts,
  type ReplicaSelection,
  type ReplicaState,
  type Session,
  type User,
} from "@canfar/contract";
import { type GroupRecord, policyOf } from "../records/group-store.ts";
import type { Records } from "../records/records.ts";
import type { GroupTally, SessionRecord } from "../records/session-store.ts";
import type { ItemReader } from "./items/item-reader.ts";
import type { SessionReader } from "./session-reader.ts";

/** Answers what there is of Groups, from the records alone. */
export class GroupReader {
  readonly #records: Records;
  readonly #sessions: SessionReader;
  readonly #items: ItemReader;

  constructor(options: { records: Records; sessions: SessionReader; items: ItemReader }) {
    this.#records = options.records;
    this.#sessions = options.sessions;
    this.#items = options.items;
  }

  /** Groups of a user of which at least one Session is not deleted, oldest first. */
  list(user: User): Group[] {
    const tallies = Map.groupBy(this.#records.sessions.tally(user.username), ({ groupId }) => groupId);
    return [...tallies]
      .map(([groupId, tally]) => this.#describe(this.#find(groupId), tally))
      .sort((a, b) => (a.createdAt < b.createdAt ? -1 : a.createdAt > b.createdAt ? 1 : 0));
  }

  /** @throws CanfarError `group.not_found`, also for Groups of others */
  get(user: User, id: string): Group {
    const group = this.record(user, id);
    return this.#describe(group, this.#records.sessions.tally(user.username, id));
  }

  /** @throws CanfarError `group.not_found`, also for Groups of others and for those whose Sessions are all deleted */
  record(user: User, id: string): GroupRecord {
    const group = this.#records.groups.find(id);
    if (group?.username === user.username && this.#records.sessions.tally(user.username, id).length > 0)
      return group;
    throw new CanfarError("group.not_found", {
      message: `group ${id} not found`,
      hint: "List your groups and sessions with `canfar ps --all`.",
      details: { id },
    });
  }

  /**
   * Records of the selected Replicas in their order.
   *
   * @throws CanfarError `group.not_found`
   */
  replicas(user: User, id: string, selection: ReplicaSelection): SessionRecord[] {
    return this.#records.sessions
      .ofGroup(this.record(user, id).id)
      .filter((session) => isSelected(selection, { index: session.replicaIndex, state: stateOf(session) }));
  }

  /** Items in the order in which they are dealt. @throws CanfarError `group.not_found` */
  items(user: User, id: string, state?: ItemState | undefined): Generator<Item> {
    return this.#items.list(this.record(user, id), state);
  }

  /** The selected Replicas as clients see Sessions. @throws CanfarError `group.not_found` */
  *sessions(user: User, id: string, selection: ReplicaSelection): Generator<Session> {
    const group = this.record(user, id);
    const describe = this.#sessions.describer();
    for (const record of this.replicas(user, id, selection)) yield describe(record, group);
  }

  #find(id: string): GroupRecord {
    const group = this.#records.groups.find(id);
    if (group === null) throw new Error(`group ${id} is not on record`);
    return group;
  }

  #describe(group: GroupRecord, tally: readonly GroupTally[]): Group {
    const counts = countsOf(tally);
    const startedAt = least(tally.map((each) => each.startedAt));
    const endedAt = counts.pending + counts.running > 0 ? null : most(tally.map((each) => each.endedAt));
    const items = this.#items.counts(group, endedAt);
    const message = group.stopped ?? this.#sessions.waitOfGroup(group.id);
    const [only] = group.replicaCount === 1 ? this.#records.sessions.ofGroup(group.id) : [];
    return {
      ...{ id: group.id, name: group.name, username: group.username, kind: group.kind, image: group.image },
      ...{ replicaCount: group.replicaCount, counts, createdAt: group.createdAt, policy: policyOf(group) },
      ...(items === undefined ? {} : { items }),
      ...(startedAt === null ? {} : { startedAt }),
      ...(endedAt === null ? {} : { endedAt }),
      ...(message === null ? {} : { message }),
      ...(only === undefined ? {} : { session: this.#sessions.describer()(only, group) }),
    };
  }
}

/** What a Replica is doing, in the words of counts and selectors. */
export function stateOf({ phase, status }: Pick<SessionRecord, "phase" | "status">): ReplicaState {
  if (phase === "ended") return status === "Completed" ? "completed" : "failed";
  return status === "Pending" ? "pending" : "running";
}

function countsOf(tally: readonly GroupTally[]): ReplicaCounts {
  const counts = { pending: 0, running: 0, completed: 0, failed: 0 };
  for (const part of tally) counts[stateOf(part)] += part.count;
  return counts;
}

function least(times: readonly (string | null)[]): string | null {
  return times.filter((time) => time !== null).sort()[0] ?? null;
}

function most(times: readonly (string | null)[]): string | null {
  return (
    times
      .filter((time) => time !== null)
      .sort()
      .at(-1) ?? null
  );
}

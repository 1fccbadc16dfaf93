import { CanfarError, type Session, type SessionEvent, type User } from "@canfar/contract";
import type { GroupRecord } from "../records/group-store.ts";
import type { Records } from "../records/records.ts";
import type { SessionRecord } from "../records/session-store.ts";
import type { PendingReasons } from "./admission/pending-reasons.ts";
import { connectPath } from "./connect-url.ts";
import type { UsageMonitor } from "./usage-monitor.ts";

export interface SessionFilter {
  /** Session Kind, any case; one that does not exist matches nothing. */
  readonly kind?: string | undefined;
  /** Status, any case. */
  readonly status?: string | undefined;
  /** Only Sessions that people work in through a browser. */
  readonly interactive?: boolean;
}

/** Answers what there is, from the records alone. */
export class SessionReader {
  readonly #records: Records;
  readonly #usage: UsageMonitor;
  readonly #origin: string;
  readonly #reasons: PendingReasons;

  /** @param options.origin of the addresses under which Sessions open */
  constructor(options: { records: Records; usage: UsageMonitor; reasons: PendingReasons; origin: string }) {
    this.#records = options.records;
    this.#reasons = options.reasons;
    this.#usage = options.usage;
    this.#origin = options.origin;
  }

  /** Sessions of one user (of all where `user` is null) in order of creation, one by one. */
  *list(user: User | null, filter: SessionFilter = {}): Generator<Session> {
    const groups = new Map<string, GroupRecord>();
    const kind = filter.kind?.trim().toLowerCase();
    const status = filter.status?.trim().toLowerCase();
    const describe = this.describer();
    for (const record of this.#records.sessions.listed(user?.username ?? null)) {
      const group = groups.get(record.groupId) ?? this.#groupOf(record);
      groups.set(record.groupId, group);
      if (kind !== undefined && kind !== "" && group.kind !== kind) continue;
      if (!kind && group.kind === "desktop-app") continue;
      if (status && record.status.toLowerCase() !== status) continue;
      if (filter.interactive && !group.interactive) continue;
      yield describe(record, group);
    }
  }

  /**
   * One Session of the caller.
   *
   * @throws CanfarError `session.not_found`, also for Sessions of others
   */
  get(user: User, id: string): Session {
    const record = this.record(user, id);
    return this.describer()(record, this.#groupOf(record));
  }

  /** For one list of Sessions: makes of records what clients see. Sessions of a Group are best given in their order. */
  describer(): (record: SessionRecord, group: GroupRecord) => Session {
    const waitsFor = this.#reasons.describer();
    return (record, group) => {
      const why = record.phase === "queued" ? waitsFor(record) : record;
      return this.#session(record, group, why);
    };
  }

  /** What a whole Group waits for; null where it waits for nothing as a whole. */
  waitOfGroup(groupId: string): string | null {
    return this.#reasons.ofGroup(groupId);
  }

  /** @throws CanfarError `session.not_found` */
  record(user: User, id: string): SessionRecord {
    const record = this.#records.sessions.find(id);
    if (record !== null && record.username === user.username && record.deletedAt === null) return record;
    throw new CanfarError("session.not_found", {
      message: `session ${id} not found`,
      hint: "List your sessions with `canfar ps --all`.",
      details: { id },
    });
  }

  /** What happened to a Session, oldest first. @throws CanfarError `session.not_found` */
  events(user: User, id: string): SessionEvent[] {
    const { createdAt, phase, attempt } = this.record(user, id);
    const times = { firstTime: createdAt, lastTime: createdAt };
    const created: SessionEvent = { type: "Normal", reason: "Created", message: "accepted", ...times };
    const stored = this.#records.events.list(id);
    if (attempt > 0 || phase !== "queued") return [created, ...stored];
    const message = this.get(user, id).message ?? "";
    return [created, { type: "Normal", reason: "Queued", message, ...times }, ...stored];
  }

  #groupOf({ groupId }: SessionRecord): GroupRecord {
    const group = this.#records.groups.find(groupId);
    if (group === null) throw new Error(`group ${groupId} is not on record`);
    return group;
  }

  #session(
    record: SessionRecord,
    group: GroupRecord,
    { reason, message }: Pick<SessionRecord, "reason" | "message">,
  ): Session {
    const { user, allocation } = group.details;
    const path = connectPath({ kind: group.kind, id: record.id, username: record.username });
    const usage = record.phase === "running" ? this.#usage.now(record.id) : null;
    const session = {
      ...{ id: record.id, name: record.name, username: record.username },
      ...{ uid: user.uid, gid: user.gid, groups: [...user.groups] },
      ...{ kind: group.kind, image: group.image, status: record.status },
      reason: reason || undefined,
      message: message || undefined,
      exitCode: record.exitCode ?? undefined,
      attempt: Math.max(1, record.attempt),
      ...{ group: group.id, replicaIndex: record.replicaIndex, replicaCount: group.replicaCount },
      createdAt: record.createdAt,
      startedAt: record.startedAt ?? undefined,
      endedAt: record.endedAt ?? undefined,
      expiresAt: record.expiresAt ?? undefined,
      connectUrl: path === null ? undefined : `${this.#origin}${path}`,
      fixedResources: allocation.mode === "fixed",
      requestedCores: allocation.requestedCores,
      requestedMemoryGB: allocation.requestedMemoryGiB,
      requestedGpus: allocation.gpus,
      ...(usage ?? {}),
    };
    return session as Session;
  }
}

import type { Clock } from "../../clock.ts";
import type { GroupRecord } from "../../records/group-store.ts";
import type { Records } from "../../records/records.ts";
import type { NewSession, Requeue, SessionChange, SessionRecord } from "../../records/session-store.ts";
import { type Capacity, type Demand, demandOf, NOTHING, plus } from "./demand.ts";
import { placeOf, Standing } from "./standing.ts";
import { UserAccount } from "./user-account.ts";

/**
 * Writes what Sessions become, and keeps count of what waits and runs of each Group and user, so that the queue decides
 * without asking the records. Every change of a Session's phase goes through here, inside a write; a write that failed
 * is undone here too. Groups of which nothing is left to run are not kept.
 */
export class Ledger {
  readonly capacity: Capacity;
  readonly #records: Records;
  readonly #clock: Clock;
  readonly #standings = new Map<string, Standing>();
  readonly #accounts = new Map<string, UserAccount>();
  /** Groups that wait for a Group, by the one they wait for. */
  readonly #dependents = new Map<string, Set<string>>();
  #batch = NOTHING;
  #interactive = NOTHING;
  #batchSessions = 0;

  constructor(options: { records: Records; capacity: Capacity; clock: Clock }) {
    this.capacity = options.capacity;
    this.#records = options.records;
    this.#clock = options.clock;
    options.records.onUndone(() => this.reload());
    this.reload();
  }

  /** Counts again from the records. What users have used lately is kept. */
  reload(): void {
    const { sessions, queue } = this.#records;
    const now = this.#clock.now().getTime();
    for (const account of this.#accounts.values()) account.count(account.running, -1, now);
    for (const counted of [this.#standings, this.#dependents]) counted.clear();
    this.#batch = this.#interactive = NOTHING;
    this.#batchSessions = 0;
    for (const { groupId, ready, backingOff, held, dueAt } of queue.waiting()) {
      Object.assign(this.#open(groupId), { ready, backingOff, held, dueAt });
    }
    for (const session of sessions.active()) this.#count(session, this.#open(session.groupId), 1);
  }

  /** Groups of which something waits or runs, in no particular order. */
  standings(): Iterable<Standing> {
    return this.#standings.values();
  }

  /** Null where nothing of the Group waits or runs. */
  standing(groupId: string): Standing | null {
    return this.#standings.get(groupId) ?? null;
  }

  /** Groups that have to wait for this one, as a whole or Replica by Replica. */
  dependentsOf(groupId: string): Standing[] {
    return [...(this.#dependents.get(groupId) ?? [])].flatMap((id) => this.standing(id) ?? []);
  }

  account(username: string): UserAccount {
    const known = this.#accounts.get(username);
    if (known !== undefined) return known;
    const account = new UserAccount(this.capacity.machine, this.#clock.now().getTime());
    this.#accounts.set(username, account);
    return account;
  }

  /** What batch Sessions hold, and what interactive ones keep from them. */
  get load(): { batch: Demand; interactive: Demand; batchSessions: number } {
    return { batch: this.#batch, interactive: this.#interactive, batchSessions: this.#batchSessions };
  }

  demandOf(group: GroupRecord, session: Pick<SessionRecord, "memoryGiB">): Demand {
    return demandOf(group, session.memoryGiB, this.capacity);
  }

  /** Puts a new Session on record. @returns null where its id is taken */
  insert(fresh: NewSession, group: GroupRecord): SessionRecord | null {
    const session = this.#records.sessions.insert(fresh);
    if (session !== null) this.#count(session, this.#open(group.id, group), 1);
    return session;
  }

  change(session: SessionRecord, change: SessionChange): SessionRecord {
    const after = { ...session, ...change };
    this.#move(session, () => {
      this.#records.sessions.update(session.id, change);
      return after;
    });
    return after;
  }

  /** Back into the queue. */
  requeue(session: SessionRecord, change: Requeue): SessionRecord {
    return this.#move(session, () => this.#records.sessions.requeue(session, change));
  }

  /** The Session's next attempt begins. */
  beginAttempt(session: SessionRecord): SessionRecord {
    const attempt = session.attempt + 1;
    this.#records.attempts.begin({
      ...{ sessionId: session.id, attempt },
      admittedAt: this.#clock.now().toISOString(),
    });
    return this.change(session, { phase: "admitted", attempt, reason: "Starting", message: "" });
  }

  /** All of a Group that waits has been ended in the records. */
  noneWaits(standing: Standing): void {
    Object.assign(standing, { ready: 0, backingOff: 0, held: 0, dueAt: null });
  }

  /** The Group's own row was changed. */
  regroup(standing: Standing, change: Partial<GroupRecord>): void {
    standing.group = { ...standing.group, ...change };
  }

  /** Looks again when the first of those that back off may start. */
  refreshDue(standing: Standing): void {
    standing.dueAt = standing.backingOff === 0 ? null : this.#records.queue.firstDue(standing.group.id);
  }

  /** Nothing of it is left to run. */
  close({ group, policy }: Standing): void {
    this.#standings.delete(group.id);
    for (const other of dependenciesOf(policy)) {
      const dependents = this.#dependents.get(other);
      dependents?.delete(group.id);
      if (dependents?.size === 0) this.#dependents.delete(other);
    }
  }

  #move(before: SessionRecord, write: () => SessionRecord): SessionRecord {
    // Counted from the records where it is new: before they change.
    const standing = this.#open(before.groupId);
    const after = write();
    if (placeOf(before) === placeOf(after) && after.phase !== "queued") return after;
    this.#count(before, standing, -1);
    this.#count(after, standing, 1);
    return after;
  }

  #count(session: SessionRecord, standing: Standing, sign: 1 | -1): void {
    const place = placeOf(session);
    standing.count(place, sign);
    if (place === "backingOff" && sign === 1) standing.dueAt = earlier(standing.dueAt, session.notBefore);
    if (place !== "active") return;
    const { group } = standing;
    const demand = this.demandOf(group, session);
    this.account(group.username).count(demand, sign, this.#clock.now().getTime());
    if (group.interactive) this.#interactive = plus(this.#interactive, demand, sign);
    else {
      this.#batch = plus(this.#batch, demand, sign);
      this.#batchSessions += sign;
    }
  }

  #open(groupId: string, record?: GroupRecord): Standing {
    const known = this.#standings.get(groupId);
    if (known !== undefined) return known;
    const group = record ?? this.#records.groups.find(groupId);
    if (group === null) throw new Error(`group ${groupId} is not on record`);
    const standing = new Standing(group);
    if (standing.policy.maxFailures !== undefined)
      standing.failed = this.#records.queue.countFailures(groupId);
    this.#standings.set(groupId, standing);
    for (const other of dependenciesOf(standing.policy)) {
      const dependents = this.#dependents.get(other) ?? new Set();
      this.#dependents.set(other, dependents.add(groupId));
    }
    return standing;
  }
}

function dependenciesOf({ after, afterEach }: Standing["policy"]): Set<string> {
  return new Set([...after.map(({ group }) => group), ...(afterEach === undefined ? [] : [afterEach])]);
}

function earlier(a: string | null, b: string): string {
  return a === null || b < a ? b : a;
}

import { isEnded, type PendingReason, type PendingReasonAnswer, type User } from "@canfar/contract";
import type { Clock } from "../../clock.ts";
import type { Records } from "../../records/records.ts";
import type { SessionRecord } from "../../records/session-store.ts";
import { batchCapacity } from "./decide-admission.ts";
import type { Demand } from "./demand.ts";
import type { Ledger } from "./ledger.ts";
import { likelyStart } from "./likely-start.ts";
import { hindranceOf } from "./line.ts";
import { type Ahead, Places } from "./places.ts";
import type { Standing } from "./standing.ts";

/** What a queued Session waits for. */
export interface Wait {
  readonly reason: PendingReason;
  readonly message: string;
  readonly unblock: string;
  /** Null where it is not in line. */
  readonly ahead: Ahead | null;
  /** ISO 8601; null where nobody can know. */
  readonly eta: string | null;
}

/** Says why Sessions wait, from the ledger that the queue decides by. */
export class PendingReasons {
  readonly #options;

  constructor(options: {
    records: Records;
    ledger: Ledger;
    weights: Readonly<Record<string, number>>;
    clock: Clock;
  }) {
    this.#options = options;
  }

  /** For one list of Sessions: tells of each queued one, in a word and a sentence, what it waits for. */
  describer(): (session: SessionRecord) => Pick<Wait, "reason" | "message"> {
    const places = this.places();
    return (session) => this.waitOf(session, this.#standingOf(session), places);
  }

  /** What a whole Group waits for, in one sentence; null where its Sessions wait each for themselves. */
  ofGroup(groupId: string): string | null {
    const standing = this.#options.ledger.standing(groupId);
    return standing === null || standing.group.released ? null : this.#forGroups(standing).message;
  }

  now(): Date {
    return this.#options.clock.now();
  }

  /** @param thought what a user is thought to have running */
  places(thought?: { username: string; share: number }): Places {
    const { ledger, records, weights } = this.#options;
    return new Places({
      ...{ ledger, queue: records.queue, weights, now: this.now().getTime() },
      ...(thought === undefined ? {} : { thought }),
    });
  }

  /** Everything about why a Session does not run. */
  answer(user: User, session: SessionRecord): PendingReasonAnswer {
    const running = this.#running(user.username);
    const { id, status, phase, message, reason } = session;
    if (phase === "queued") {
      const wait = this.wait(session);
      const ahead = wait.ahead ?? { own: 0, others: 0 };
      const position = wait.ahead === null ? null : ahead.own + ahead.others + 1;
      const { unblock, eta } = wait;
      return {
        id,
        status,
        reason: wait.reason,
        message: wait.message,
        unblock,
        running,
        ahead,
        position,
        eta,
      };
    }
    const ended = isEnded(status);
    const state: PendingReason = ended ? "Ended" : status === "Pending" ? "Starting" : "Running";
    const sentence = {
      Ended: `it has ended: ${reason ?? status}${message ? `, ${message}` : ""}`,
      Starting: `it has its place and is being started${message ? `: ${message}` : ""}`,
      Running: "it runs",
    }[state];
    return {
      ...{ id, status, reason: state, message: sentence, running, ahead: { own: 0, others: 0 } },
      ...(ended ? { unblock: "A rerun starts it again." } : {}),
      ...{ position: null, eta: null },
    };
  }

  wait(session: SessionRecord): Wait {
    const standing = this.#standingOf(session);
    const wait = this.waitOf(session, standing, this.places());
    const eta = this.#eta(session, standing, wait);
    return { ...wait, eta };
  }

  #standingOf({ groupId }: SessionRecord): Standing {
    const standing = this.#options.ledger.standing(groupId);
    if (standing === null) throw new Error(`group ${groupId} is not counted`);
    return standing;
  }

  /** What a Session waits for, be it on record or only thought of. */
  waitOf(session: SessionRecord, standing: Standing, places: Places): Omit<Wait, "eta"> {
    const now = this.#options.clock.now().getTime();
    const hindrance = hindranceOf(standing, now);
    if (session.held === 1) return this.#forReplica(session, standing);
    if (hindrance === "Dependency") return this.#forGroups(standing);
    if (session.notBefore > new Date(now).toISOString()) {
      const unblock = `It starts by itself, at ${session.notBefore} at the earliest.`;
      return { reason: "BackOff", message: session.message ?? "", unblock, ahead: null };
    }
    if (hindrance === "MaxRunning") return forMaxRunning(standing, places.inGroup(session, standing));
    return this.#forRoom(session, standing, places.ahead(session, standing));
  }

  #forReplica({ replicaIndex }: SessionRecord, { policy }: Standing): Omit<Wait, "eta"> {
    const { records } = this.#options;
    const other = policy.afterEach ?? "";
    const name = records.groups.find(other)?.name ?? other;
    const status = records.queue.statusOfReplica(other, replicaIndex) ?? "not there yet";
    return {
      ...{ reason: "DependencyReplica", ahead: null },
      message: `waiting for replica ${replicaIndex} of ${name} to complete`,
      unblock: `Replica ${replicaIndex} of ${name} has to complete; it is ${status}.`,
    };
  }

  #forGroups({ policy }: Standing): Omit<Wait, "eta"> {
    const { records } = this.#options;
    const open = policy.after.flatMap(({ group, when }) => {
      const count = records.queue.outcomes(group).open;
      const name = records.groups.find(group)?.name ?? group;
      return count === 0 ? [] : [{ name, when, count }];
    });
    const names = open.map(({ name, when }) => `${name} (${when})`).join(", ");
    const left = open.map(({ name, count }) => `${name} has ${count} that have not ended`).join(", ");
    return {
      ...{ reason: "Dependency", ahead: null, message: `waiting for ${names} to end` },
      unblock: `What it waits for has to end: ${left}.`,
    };
  }

  #forRoom(session: SessionRecord, standing: Standing, ahead: Ahead): Omit<Wait, "eta"> {
    const { ledger } = this.#options;
    const before = ahead.own + ahead.others;
    if (before > 0) {
      const message = `waiting for room: ${plural(before, "session")} before it`;
      const whose = ahead.others === 0 ? "all yours" : `${ahead.own} yours, ${ahead.others} of others`;
      const unblock = `Those before it have to start (${whose}), then it needs room.`;
      return { reason: "Queued", message, unblock, ahead };
    }
    const { machine } = ledger.capacity;
    const { batch, interactive } = ledger.load;
    const demand = ledger.demandOf(standing.group, session);
    const unblock =
      `${amount(demand)} have to become free: batch may use ${amount(batchCapacity({ machine, interactive }))} now, ` +
      `and holds ${amount(batch)}.`;
    return { reason: "Resources", message: "waiting for room: it is the next", unblock, ahead };
  }

  #eta(session: SessionRecord, standing: Standing, wait: Omit<Wait, "eta">): string | null {
    const { records, ledger, clock } = this.#options;
    if (wait.reason === "BackOff") return session.notBefore;
    const inGroup = wait.reason === "MaxRunning";
    const before = inGroup ? this.places().inGroup(session, standing) : wait.ahead;
    if (before === null) return null;
    const ahead = typeof before === "number" ? before : before.own + before.others;
    const running = inGroup ? standing.active : ledger.load.batchSessions;
    return likelyStart({ records, group: standing.group, ahead, running, now: clock.now() });
  }

  #running(username: string): Ahead {
    let [own, others] = [0, 0];
    for (const { group, active } of this.#options.ledger.standings()) {
      if (group.interactive) continue;
      if (group.username === username) own += active;
      else others += active;
    }
    return { own, others };
  }
}

function forMaxRunning({ policy, active }: Standing, before: number): Omit<Wait, "eta"> {
  const rest = before === 0 ? "it is the next of its group" : `${before} of its group before it`;
  return {
    ...{ reason: "MaxRunning", ahead: null },
    message: `as many of its group run as may (${policy.maxRunning}): ${rest}`,
    unblock: `One of the ${active} that run has to end.`,
  };
}

function amount({ cores, memoryGiB, gpus }: Demand): string {
  const round = (value: number) => Number(value.toFixed(2));
  const parts = [`${round(cores)} cores`, `${round(memoryGiB)} GiB of memory`];
  if (gpus > 0) parts.push(plural(gpus, "GPU"));
  return parts.join(", ");
}

function plural(count: number, word: string): string {
  return `${count} ${word}${count === 1 ? "" : "s"}`;
}

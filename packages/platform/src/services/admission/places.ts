import type { QueueStore } from "../../records/queue-store.ts";
import type { SessionRecord } from "../../records/session-store.ts";
import { dominantShare } from "./demand.ts";
import type { Ledger } from "./ledger.ts";
import { hindranceOf, isDue } from "./line.ts";
import type { Standing } from "./standing.ts";

/** Sessions that are expected to start before one: the same user's and other people's. */
export interface Ahead {
  readonly own: number;
  readonly others: number;
}

/**
 * Tells Sessions their places in the queue. What is asked in the order of Replicas costs one pass over the Group's rows,
 * however many are asked for; make a new one for each list, so that it does not grow old.
 */
export class Places {
  readonly #options;
  readonly #known = new Map<string, { replicaIndex: number; before: number }>();

  constructor(options: {
    ledger: Ledger;
    queue: QueueStore;
    weights: Readonly<Record<string, number>>;
    /** Milliseconds since 1970. */
    now: number;
    /** What a user is thought to have running, as a share of the machine. */
    thought?: { readonly username: string; readonly share: number };
  }) {
    this.#options = options;
  }

  /** @param session in line: nothing but others and room keeps it from starting */
  ahead(session: SessionRecord, standing: Standing): Ahead {
    const own = this.inGroup(session, standing) + this.#inOlderGroups(standing);
    return { own, others: this.#others(standing, own) };
  }

  /** Those of its Group that go before it. */
  inGroup({ groupId, replicaIndex, notBefore }: SessionRecord, standing: Standing): number {
    if (notBefore !== "") return 0;
    const { queue, now } = this.#options;
    const known = this.#known.get(groupId);
    const before =
      known === undefined || known.replicaIndex > replicaIndex
        ? queue.countReady(groupId, 0, replicaIndex)
        : known.before + queue.countReady(groupId, known.replicaIndex, replicaIndex);
    this.#known.set(groupId, { replicaIndex, before });
    return before + (isDue(standing, now) ? standing.backingOff : 0);
  }

  #inOlderGroups({ group }: Standing): number {
    let count = 0;
    for (const other of this.#inLine()) {
      const { username, sequence } = other.group;
      if (username === group.username && sequence < group.sequence) count += inLine(other);
    }
    return count;
  }

  /** Others start before it until they have as much for their weight as its user has when its turn comes. */
  #others(standing: Standing, own: number): number {
    const { ledger, weights, thought } = this.#options;
    const { username } = standing.group;
    const one = (of: Standing) =>
      dominantShare(ledger.demandOf(of.group, { memoryGiB: null }), ledger.capacity.machine) /
      (weights[of.group.username] ?? 1);
    const share = (name: string) => (thought?.username === name ? thought.share : ledger.account(name).share);
    const need = (name: string) => share(name) / (weights[name] ?? 1);
    const level = need(username) + own * one(standing);
    const waiting = new Map<string, { count: number; one: number }>();
    for (const other of this.#inLine()) {
      const name = other.group.username;
      if (name === username) continue;
      const known = waiting.get(name) ?? { count: 0, one: one(other) };
      waiting.set(name, { ...known, count: known.count + inLine(other) });
    }
    let count = 0;
    for (const [name, { count: most, one: step }] of waiting) {
      const behind = level - need(name);
      if (behind > 0) count += Math.min(most, step > 0 ? Math.ceil(behind / step) : most);
    }
    return count;
  }

  #inLine(): Standing[] {
    const { ledger, now } = this.#options;
    return [...ledger.standings()].filter(
      (standing) => !standing.group.interactive && hindranceOf(standing, now) === null,
    );
  }
}

function inLine({ ready, room }: Standing): number {
  return Math.min(ready, room);
}

import type { ItemCounts } from "@canfar/contract";
import type { JournalEvent } from "./journal-event.ts";

const STATE = { pending: 0, begun: 1, done: 2, failed: 3, aside: 4 } as const;
type State = (typeof STATE)[keyof typeof STATE];

/**
 * Counts the Items of one Group from its Replicas' records, as they grow: some bytes for each Item, whatever happened to
 * it. Records of several Replicas may come in any order.
 */
export class ItemTally {
  readonly #total: number;
  readonly #states: Uint8Array;
  readonly #generations: Uint16Array;
  readonly #counts = new Int32Array(5);
  /** What each Replica has begun and not ended. */
  readonly #begun = new Map<number, Set<number>>();

  constructor(total: number) {
    this.#total = total;
    this.#states = new Uint8Array(total + 1);
    this.#generations = new Uint16Array(total + 1);
  }

  /**
   * @param forgiven attempt of the Replica up to which what it set aside only failed
   */
  add(replica: number, event: JournalEvent, forgiven: number): void {
    const { kind, position, generation, attempt } = event;
    if (position > this.#total) return;
    this.#forget(replica, position);
    // Somebody went on with it in the meantime, and what is done stays done.
    if (this.#states[position] === STATE.done || generation < (this.#generations[position] ?? 0)) return;
    this.#generations[position] = generation;
    if (kind === "start") this.#remember(replica, position);
    this.#set(position, stateAfter(kind, attempt <= forgiven));
  }

  /** @param isRunning tells whether a Replica runs: what another one has begun is lost until its next attempt */
  counts(isRunning: (replica: number) => boolean): ItemCounts {
    let lost = 0;
    for (const [replica, positions] of this.#begun) {
      if (isRunning(replica)) continue;
      for (const position of positions) if (this.#states[position] === STATE.begun) lost += 1;
    }
    return {
      total: this.#total,
      done: this.#counts[STATE.done] ?? 0,
      failed: (this.#counts[STATE.failed] ?? 0) + lost,
      setAside: this.#counts[STATE.aside] ?? 0,
    };
  }

  #set(position: number, state: State): void {
    const before = this.#states[position] ?? STATE.pending;
    this.#counts[before] = (this.#counts[before] ?? 0) - 1;
    this.#counts[state] = (this.#counts[state] ?? 0) + 1;
    this.#states[position] = state;
  }

  #remember(replica: number, position: number): void {
    const begun = this.#begun.get(replica) ?? new Set();
    this.#begun.set(replica, begun.add(position));
  }

  #forget(replica: number, position: number): void {
    const begun = this.#begun.get(replica);
    begun?.delete(position);
    if (begun?.size === 0) this.#begun.delete(replica);
  }
}

function stateAfter(kind: JournalEvent["kind"], forgiven: boolean): State {
  switch (kind) {
    case "start":
      return STATE.begun;
    case "done":
      return STATE.done;
    case "stop":
      return STATE.pending;
    case "aside":
      return forgiven ? STATE.failed : STATE.aside;
    default:
      return STATE.failed;
  }
}

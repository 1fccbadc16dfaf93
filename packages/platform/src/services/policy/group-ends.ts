import type { GroupRecord } from "../../records/group-store.ts";
import type { GroupOutcomes } from "../../records/queue-store.ts";
import type { SessionRecord } from "../../records/session-store.ts";

/**
 * Hears of ends for good: none of the Replicas concerned gets another attempt by itself. Called inside the write that
 * records the end, so what a listener writes lasts exactly if the end does; what it throws undoes the write. What shall
 * happen outside the records belongs into `records.afterwards`.
 */
export interface EndListener {
  /** One Replica ended; those that a policy ended without running are not told one by one. */
  replicaEnded?(session: SessionRecord, group: GroupRecord): void;
  /** Nothing of the Group is left to run. Told again at the end of each rerun. */
  groupEnded?(group: GroupRecord, outcomes: GroupOutcomes): void;
}

/** Those who want to hear of ends. */
export class GroupEnds implements Required<EndListener> {
  readonly #listeners: EndListener[] = [];

  listen(listener: EndListener): void {
    this.#listeners.push(listener);
  }

  replicaEnded(session: SessionRecord, group: GroupRecord): void {
    for (const listener of this.#listeners) listener.replicaEnded?.(session, group);
  }

  groupEnded(group: GroupRecord, outcomes: GroupOutcomes): void {
    for (const listener of this.#listeners) listener.groupEnded?.(group, outcomes);
  }
}

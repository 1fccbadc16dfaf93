import { randomUUID } from "node:crypto";
import {
  type NotificationDocument,
  type NotificationMoment,
  type ReplicaCounts,
  routePath,
} from "@canfar/contract";
import type { Clock } from "../../clock.ts";
import { type GroupRecord, policyOf } from "../../records/group-store.ts";
import type { Records } from "../../records/records.ts";
import type { SessionRecord } from "../../records/session-store.ts";
import { stateOf } from "../group-reader.ts";
import type { EndListener } from "../policy/group-ends.ts";

/**
 * Puts notifications into the outbox, inside the write that records the end which they tell of: a crash leaves both or
 * neither. Sending them is the postman's affair.
 */
export class Outbox implements EndListener {
  readonly #options;

  constructor(options: {
    records: Records;
    clock: Clock;
    /** Public origin, for links. */
    origin: string;
    /** Called once something new in the outbox lasts. */
    onNew: () => void;
  }) {
    this.#options = options;
  }

  replicaEnded(session: SessionRecord, group: GroupRecord): void {
    if (session.status !== "Failed" || session.deletedAt !== null) return;
    // Thousands may fail; only the first one is news, until the Group is run again.
    if (!wants(group, "failed") || this.#options.records.notifications.hasCurrent(group.id, "failed")) return;
    this.#put(group, "failed");
  }

  groupEnded(group: GroupRecord): void {
    const { records } = this.#options;
    if (wants(group, "done") && this.#counts(group.id) !== null) this.#put(group, "done");
    if (policyOf(group).notify.length > 0) records.notifications.close(group.id);
  }

  #put(group: GroupRecord, moment: NotificationMoment): void {
    const { records, onNew } = this.#options;
    const targets = policyOf(group).notify.filter(({ on }) => on.includes(moment));
    for (const target of new Set(targets.map((each) => each.target))) {
      const document = this.#describe(group, moment);
      records.notifications.insert({ ...{ id: document.id, groupId: group.id, target, moment }, document });
    }
    records.afterwards(onNew);
  }

  #describe(group: GroupRecord, moment: NotificationMoment): NotificationDocument {
    const { clock, origin } = this.#options;
    const { id, name, username, image, replicaCount, createdAt } = group;
    return {
      ...{ id: randomUUID(), moment, at: clock.now().toISOString() },
      group: { id, name, username, image, replicaCount, createdAt },
      counts: this.#counts(id) ?? { pending: 0, running: 0, completed: 0, failed: 0 },
      causes: [],
      report: `${origin}${routePath("getGroupReport", { id })}`,
    };
  }

  /** Null where all its Sessions are deleted: then nobody waits for it any more. */
  #counts(groupId: string): ReplicaCounts | null {
    const counts = { pending: 0, running: 0, completed: 0, failed: 0 };
    const group = this.#options.records.groups.find(groupId);
    const tally = group === null ? [] : this.#options.records.sessions.tally(group.username, groupId);
    for (const part of tally) counts[stateOf(part)] += part.count;
    return tally.length === 0 ? null : counts;
  }
}

function wants(group: GroupRecord, moment: NotificationMoment): boolean {
  return policyOf(group).notify.some(({ on }) => on.includes(moment));
}

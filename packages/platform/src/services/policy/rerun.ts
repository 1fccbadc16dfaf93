import { CanfarError, type ReplicaSelection, type User } from "@canfar/contract";
import type { Log } from "../../log.ts";
import { type GroupRecord, policyOf } from "../../records/group-store.ts";
import type { Records } from "../../records/records.ts";
import type { SessionRecord } from "../../records/session-store.ts";
import type { AdmissionQueue } from "../admission/admission-queue.ts";
import type { Ledger } from "../admission/ledger.ts";
import type { GroupReader } from "../group-reader.ts";
import type { ItemReader } from "../items/item-reader.ts";
import type { SessionChanges } from "../session-changes.ts";
import type { Settlement } from "./settlement.ts";

/** Runs ended Replicas again: the same Sessions, each with its next attempt. */
export class RerunService {
  readonly #options;

  constructor(options: {
    records: Records;
    ledger: Ledger;
    settlement: Settlement;
    groups: GroupReader;
    queue: AdmissionQueue;
    changes: SessionChanges;
    items: ItemReader;
    log: Log;
  }) {
    this.#options = options;
  }

  /**
   * Puts the selected Replicas back into the queue, all or none. Records and logs of their earlier attempts stay. What
   * stopped the Group is forgotten, retries and failures are counted anew; what it waits for is looked at again. Items that
   * failed are tried again, those that are done are not.
   *
   * @param options.setAside tries Items that were set aside again as well
   * @returns ids of the Sessions, in the order of their Replicas; none where the selection is empty
   * @throws CanfarError `group.not_found`, `request.unsupported` for interactive kinds, `request.conflict` where a
   *   selected Replica has not ended, `storage.full`
   */
  rerun(
    user: User,
    groupId: string,
    selection: ReplicaSelection,
    options: { setAside?: boolean } = {},
  ): string[] {
    const { records, groups, queue, changes, items, log } = this.#options;
    const group = groups.record(user, groupId);
    if (group.interactive) throw interactive(group.kind);
    const sessions = groups.replicas(user, groupId, selection);
    const running = sessions.find(({ phase }) => phase !== "ended");
    if (running !== undefined) throw notEnded(running);
    if (sessions.length === 0) return [];
    if (options.setAside) items.forgive(group, sessions);
    const again = records.write(() => this.#requeue(group, sessions));
    log.info("running Replicas again", { group: group.id, count: again.length });
    for (const session of again) changes.tell(session);
    queue.admit();
    return again.map(({ id }) => id);
  }

  #requeue(group: GroupRecord, sessions: readonly SessionRecord[]): SessionRecord[] {
    const { records, ledger, settlement } = this.#options;
    const { after, afterEach } = policyOf(group);
    const again = sessions.map((session) =>
      ledger.requeue(session, {
        ...{ reason: "Queued", message: "", notBefore: "", held: afterEach === undefined ? 0 : 1 },
        ...{ memoryGiB: session.memoryGiB, attemptsBefore: session.attempt },
      }),
    );
    const standing = ledger.standing(group.id);
    if (standing === null) throw new Error(`group ${group.id} is not counted`);
    // What has passed its dependencies once has passed them.
    const released = after.length === 0 || group.released;
    ledger.regroup(standing, { stopped: null, released, failedBefore: standing.failed });
    records.groups.update(standing.group);
    records.groups.setLogsRemoved(group.id, null);
    settlement.queued(group.id);
    return again;
  }
}

function interactive(kind: string): CanfarError {
  return new CanfarError("request.unsupported", {
    message: `a ${kind} session cannot be run again`,
    hint: "Create a new one; only headless sessions are run again.",
    details: { kind },
  });
}

function notEnded({ id, name, phase }: SessionRecord): CanfarError {
  return new CanfarError("request.conflict", {
    message: `${name} (${id}) ${phase === "queued" ? "waits" : "runs"}: only what has ended is run again`,
    hint: "Select by state, as in NAME[failed], or wait until it has ended.",
    details: { id },
  });
}

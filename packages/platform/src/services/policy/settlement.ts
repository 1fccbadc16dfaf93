import type { Clock } from "../../clock.ts";
import type { Records } from "../../records/records.ts";
import type { SessionRecord } from "../../records/session-store.ts";
import type { Ledger } from "../admission/ledger.ts";
import type { Standing } from "../admission/standing.ts";
import type { SessionChanges } from "../session-changes.ts";
import { dependencyState, impossibleSentence } from "./dependency.ts";
import type { GroupEnds } from "./group-ends.ts";

/**
 * Draws the conclusions of ends: Groups that wait go on or end, a Group with too many failures stops. All inside the
 * write that records the end, so that a crash leaves both or neither; doing it again changes nothing.
 */
export class Settlement {
  readonly #options;

  constructor(options: {
    records: Records;
    ledger: Ledger;
    ends: GroupEnds;
    changes: SessionChanges;
    clock: Clock;
  }) {
    this.#options = options;
  }

  /** Inside a write: a Session ended for good. */
  ended(session: SessionRecord): void {
    const { ledger, ends } = this.#options;
    const standing = ledger.standing(session.groupId);
    if (standing === null) throw new Error(`group ${session.groupId} is not counted`);
    ends.replicaEnded(session, standing.group);
    for (const dependent of ledger.dependentsOf(session.groupId)) {
      this.#releaseReplicas(dependent, session.groupId, session.replicaIndex);
      this.#closeIfDone(dependent);
    }
    this.#stopAfterFailures(standing);
    this.#closeIfDone(standing);
  }

  /** Inside a write: Sessions of a Group were put into the queue. What they wait for may be over already. */
  queued(groupId: string): void {
    const standing = this.#options.ledger.standing(groupId);
    if (standing === null) return;
    this.#stopAfterFailures(standing);
    this.#releaseGroup(standing);
    const { afterEach } = standing.policy;
    if (afterEach !== undefined) this.#releaseReplicas(standing, afterEach, null);
    this.#closeIfDone(standing);
  }

  /** Looks at everything that waits once more, after a start of the platform. */
  resume(): void {
    const { records, ledger } = this.#options;
    records.write(() => {
      for (const { group } of [...ledger.standings()]) this.queued(group.id);
    });
  }

  #stopAfterFailures(standing: Standing): void {
    if (standing.group.stopped !== null || !standing.hasTooManyFailures) return;
    const failed = standing.failed - standing.group.failedBefore;
    const most = standing.policy.maxFailures ?? 0;
    const why = `${failed} replicas have failed, more than the ${most} that it may have: no further one starts`;
    this.#stop(standing, "MaxFailures", why);
  }

  #stop(standing: Standing, reason: string, message: string): void {
    const { records, ledger, clock } = this.#options;
    ledger.regroup(standing, { stopped: message });
    records.groups.update(standing.group);
    records.queue.endWaiting(standing.group.id, { reason, message, at: clock.now().toISOString() });
    ledger.noneWaits(standing);
    this.#tellAll();
    this.#releaseDependents(standing, null);
  }

  /** Of a Group that waits for others as a whole. */
  #releaseGroup(standing: Standing): void {
    const { records, ledger } = this.#options;
    if (standing.group.released || standing.group.stopped !== null) return;
    let waits = false;
    for (const { group, when } of standing.policy.after) {
      const outcomes = records.queue.outcomes(group);
      const state = dependencyState(outcomes, when);
      if (state === "impossible") {
        const name = records.groups.find(group)?.name ?? group;
        const why = `it was to start after ${name} (${when}), but ${impossibleSentence(name, when, outcomes)}`;
        this.#stop(standing, "DependencyFailed", why);
        return;
      }
      waits ||= state === "waiting";
    }
    if (waits) return;
    ledger.regroup(standing, { released: true });
    records.groups.update(standing.group);
  }

  /** Of a Group whose Replicas wait for those of another one. @param replicaIndex only this one; all where null */
  #releaseReplicas(standing: Standing, other: string, replicaIndex: number | null): void {
    if (standing.policy.afterEach !== other || standing.held === 0) return;
    const { records, clock } = this.#options;
    const { id } = standing.group;
    const name = records.groups.find(other)?.name ?? other;
    const end = {
      ...{ reason: "DependencyFailed", at: clock.now().toISOString() },
      message: `the replica of ${name} with the same number did not complete`,
    };
    const released = records.queue.release(id, other, replicaIndex);
    const failed = records.queue.endHeld(id, other, replicaIndex, end);
    standing.held -= released + failed;
    standing.ready += released;
    if (released + failed > 0) this.#tellAll();
    if (failed > 0) this.#releaseDependents(standing, replicaIndex);
  }

  #releaseDependents(standing: Standing, replicaIndex: number | null): void {
    for (const dependent of this.#options.ledger.dependentsOf(standing.group.id)) {
      this.#releaseReplicas(dependent, standing.group.id, replicaIndex);
      this.#closeIfDone(dependent);
    }
  }

  #closeIfDone(standing: Standing): void {
    const { records, ledger, ends } = this.#options;
    if (standing.open > 0 || ledger.standing(standing.group.id) !== standing) return;
    const { group } = standing;
    const dependents = ledger.dependentsOf(group.id);
    ledger.close(standing);
    ends.groupEnded(group, records.queue.outcomes(group.id));
    for (const dependent of dependents) {
      this.#releaseGroup(dependent);
      this.#closeIfDone(dependent);
    }
  }

  /** Many rows changed at once: who waits for any of them looks again. */
  #tellAll(): void {
    const { records, changes } = this.#options;
    records.afterwards(() => changes.tellAll());
  }
}

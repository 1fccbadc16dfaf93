import type { BatchPolicy } from "@canfar/contract";
import { type GroupRecord, policyOf } from "../../records/group-store.ts";
import type { SessionRecord } from "../../records/session-store.ts";

/** Where a Session is counted. */
export type Place = "ready" | "backingOff" | "held" | "active" | "failed" | "done";

/** Reasons of ends that are no failures of the Session itself. */
export const NOT_RUN_REASONS = ["MaxFailures", "DependencyFailed"] as const;

export function placeOf(session: SessionRecord): Place {
  if (session.phase === "queued") {
    if (session.held === 1) return "held";
    return session.notBefore === "" ? "ready" : "backingOff";
  }
  if (session.phase !== "ended") return "active";
  return isFailure(session) ? "failed" : "done";
}

/** True where it counts for the limit of failures: not where the user or a policy ended it. */
function isFailure({ status, stopCause, reason }: SessionRecord): boolean {
  if (status !== "Failed" || stopCause === "deleted" || stopCause === "stopped") return false;
  return !(NOT_RUN_REASONS as readonly (string | null)[]).includes(reason);
}

/** What waits and runs of one Group, counted in memory. The records are the truth; see `Ledger`. */
export class Standing {
  group: GroupRecord;
  readonly policy: BatchPolicy;
  /** Queued, and may start as far as the Session itself goes. */
  ready = 0;
  /** Queued between two attempts. */
  backingOff = 0;
  /** Queued until a Replica of another Group has completed. */
  held = 0;
  active = 0;
  /** Failed for good; counted only where the policy has a limit. */
  failed = 0;
  /** When the first of those that back off may start, ISO 8601. */
  dueAt: string | null = null;

  constructor(group: GroupRecord) {
    this.group = group;
    this.policy = policyOf(group);
  }

  count(place: Place, by: number): void {
    if (place !== "done") this[place] += by;
  }

  /** Sessions that have not ended. */
  get open(): number {
    return this.ready + this.backingOff + this.held + this.active;
  }

  /** Sessions that may still be started before the policy says stop. */
  get room(): number {
    return (this.policy.maxRunning ?? Infinity) - this.active;
  }

  get hasTooManyFailures(): boolean {
    const { maxFailures } = this.policy;
    return maxFailures !== undefined && this.failed - this.group.failedBefore > maxFailures;
  }
}

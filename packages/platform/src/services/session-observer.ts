import type { Observation, SessionDriver } from "@canfar/drivers";
import type { Clock } from "../clock.ts";
import type { Log } from "../log.ts";
import type { GroupRecord } from "../records/group-store.ts";
import type { Records } from "../records/records.ts";
import type { SessionChange, SessionRecord } from "../records/session-store.ts";
import type { Ledger } from "./admission/ledger.ts";
import { changeFor, eventType } from "./observation-change.ts";
import { decideRetry } from "./policy/retry.ts";
import type { Settlement } from "./policy/settlement.ts";
import type { SessionChanges } from "./session-changes.ts";
import type { SessionRoutes } from "./session-routes.ts";
import type { UsageMonitor } from "./usage-monitor.ts";

/**
 * Puts on record what the driver saw. Observations that come in one turn of the event loop become one write, so that a
 * Group of thousands costs a few writes, not thousands.
 */
export class SessionObserver {
  readonly #options;
  #pending: Observation[] = [];
  #unsubscribe: (() => void) | null = null;

  constructor(options: {
    driver: SessionDriver;
    records: Records;
    routes: SessionRoutes;
    usage: UsageMonitor;
    changes: SessionChanges;
    ledger: Ledger;
    settlement: Settlement;
    /** Most memory that a Session may get. */
    largestMemoryGiB: number;
    clock: Clock;
    log: Log;
    /** Called after Sessions ended: there is room. */
    onEnd: () => void;
    /** Called with the time when the life of a Session that has started is over. */
    onStart: (expiresAt: string) => void;
  }) {
    this.#options = options;
  }

  start(): void {
    this.#unsubscribe = this.#options.driver.observe((observation) => {
      this.#pending.push(observation);
      if (this.#pending.length === 1) setImmediate(() => this.#drain());
    });
  }

  /** Writes what is there, then listens no more. */
  stop(): void {
    this.#unsubscribe?.();
    this.#unsubscribe = null;
    this.#drain();
  }

  #drain(): void {
    const batch = this.#pending;
    this.#pending = [];
    if (batch.length === 0) return;
    try {
      this.apply(batch);
    } catch (error) {
      // Not lost: the driver keeps every end until it is forgotten, and the reconciler asks for it again.
      this.#options.log.error("observations could not be recorded", { count: batch.length, error });
    }
  }

  /**
   * Brings records, routes and usage up to date; applying something twice changes nothing.
   *
   * @throws CanfarError `storage.full`, with nothing applied
   */
  apply(observations: readonly Observation[]): void {
    const { records, changes, onEnd, onStart } = this.#options;
    const applied = records.write(() => observations.map((observation) => this.#record(observation)));
    for (const [place, observation] of observations.entries()) {
      const after = applied[place];
      if (after === null || after === undefined) continue;
      this.#show(after.session, after.group, observation);
      changes.tell(after.session);
      const { phase, expiresAt } = after.session;
      if (phase === "running" && expiresAt !== null) onStart(expiresAt);
    }
    if (!observations.some(({ phase }) => phase === "ended")) return;
    this.#forgetEnded(observations);
    onEnd();
  }

  #record(observation: Observation): { session: SessionRecord; group: GroupRecord } | null {
    const { records, ledger } = this.#options;
    const session = records.sessions.find(observation.sessionId);
    const group = session === null ? undefined : ledger.standing(session.groupId)?.group;
    // Unknown, or nothing of its Group waits or runs any more.
    if (session === null || group === undefined) return null;
    const change = changeFor(session, observation, group);
    if (change === null) return null;
    const after = { ...session, ...change };
    // An Observation that only tells how much is used, or that was seen before, is no news for the disk.
    if (isSame(session, after)) return { session: after, group };
    const { reason, message } = after;
    records.events.add(session.id, {
      ...{ type: eventType(observation), at: observation.at },
      ...{ reason: reason || observation.phase, message: message ?? "" },
    });
    if (observation.phase !== "ended") return { session: ledger.change(session, change), group };
    this.#endAttempt(observation);
    return { session: this.#end(session, { change, group, observation }), group };
  }

  /** The attempt is over: the next one waits in the queue, or this was the Session's end. */
  #end(
    session: SessionRecord,
    facts: { change: SessionChange; group: GroupRecord; observation: Observation },
  ): SessionRecord {
    const { records, ledger, settlement, largestMemoryGiB, clock } = this.#options;
    const { change, group, observation } = facts;
    const now = clock.now().toISOString();
    const retry = decideRetry({
      ...{ session: { ...session, ...change }, group, outcome: observation.outcome ?? null },
      ...{ largestMemoryGiB, now },
    });
    if (retry !== null) {
      const { reason, message } = retry;
      records.events.add(session.id, { type: "Warning", at: now, reason, message });
      return ledger.requeue(session, retry);
    }
    const ended = ledger.change(session, change);
    settlement.ended(ended);
    return ended;
  }

  #endAttempt(observation: Observation): void {
    const { outcome, usage, sessionId, attempt } = observation;
    this.#options.records.attempts.end({
      ...{ sessionId, attempt, startedAt: observation.startedAt ?? null, endedAt: observation.at },
      exitCode: outcome?.exitCode ?? null,
      signal: outcome?.signal ?? null,
      cause: outcome?.cause ?? null,
      outOfMemory: outcome?.outOfMemory ?? false,
      cpuSeconds: usage?.cpuSeconds ?? null,
      peakMemoryBytes: usage?.peakMemoryBytes ?? null,
    });
  }

  #show(session: SessionRecord, group: GroupRecord, observation: Observation): void {
    const { routes, usage } = this.#options;
    if (observation.phase === "ended") usage.forget(session.id);
    else if (observation.usage !== undefined) usage.note(session.id, observation.usage);
    if (!group.interactive || session.deletedAt !== null) return;
    routes.show({ ...session, kind: group.kind }, observation.ready ? (observation.endpoint ?? null) : null);
  }

  /** The driver may drop what is on record now. */
  #forgetEnded(observations: readonly Observation[]): void {
    const { driver, log } = this.#options;
    const ended = observations.filter(({ phase }) => phase === "ended");
    const refs = ended.map(({ sessionId, attempt }) => ({ sessionId, attempt }));
    driver.forget(refs).catch((error: unknown) => log.warn("the driver could not forget", { error }));
  }
}

function isSame(before: SessionRecord, after: SessionRecord): boolean {
  return (Object.keys(after) as (keyof SessionRecord)[]).every((key) => before[key] === after[key]);
}

import { CanfarError } from "@canfar/contract";
import type { LaunchPlan, Observation, SessionDriver, SessionRef } from "@canfar/drivers";
import type { Clock } from "../clock.ts";
import type { Log } from "../log.ts";
import type { Records } from "../records/records.ts";
import type { SessionRecord } from "../records/session-store.ts";
import { type PlanSurroundings, planLaunch } from "./launch-planner.ts";
import { bringsOwnLogin, type IssueCredential, withCredentials } from "./with-credentials.ts";

/**
 * Brings admitted Sessions to the driver. Their rows say `admitted` until the driver has them; the reconciler launches
 * again what a crash left between the two, which the driver takes as the same attempt.
 */
export class Launcher {
  readonly #options;
  /** Sessions that the driver is being asked to take right now. */
  readonly #underway = new Set<string>();
  #stopped = false;

  constructor(options: {
    driver: SessionDriver;
    records: Records;
    surroundings: PlanSurroundings;
    issueCredential: IssueCredential;
    clock: Clock;
    log: Log;
    graceSeconds: number;
    /** Told of attempts that ended here, before the driver had them. */
    onRefused: (ends: readonly Observation[]) => void;
  }) {
    this.#options = options;
  }

  /** What the driver has not accepted yet stays `admitted`, for the next start. */
  stop(): void {
    this.#stopped = true;
  }

  isUnderway(sessionId: string): boolean {
    return this.#underway.has(sessionId);
  }

  /** Starts Sessions that are on record as admitted. Failures become the Sessions' own end. */
  launch(sessions: readonly SessionRecord[]): void {
    const byGroup = Map.groupBy(sessions, ({ groupId }) => groupId);
    for (const [groupId, members] of byGroup) {
      const group = this.#options.records.groups.find(groupId);
      if (group === null) throw new Error(`group ${groupId} is not on record`);
      const own = bringsOwnLogin(group.details.env);
      for (const plan of planLaunch(group, members, this.#options.surroundings))
        void this.#apply(plan, { withCredentials: !own });
    }
  }

  async #apply(plan: LaunchPlan, options: { withCredentials: boolean }): Promise<void> {
    const { driver, records, log, graceSeconds, issueCredential } = this.#options;
    for (const { sessionId } of plan.replicas) this.#underway.add(sessionId);
    try {
      await driver.launch(options.withCredentials ? await withCredentials(plan, issueCredential) : plan);
      if (this.#stopped) return;
      const unwanted = plan.replicas.filter(
        ({ sessionId }) => records.sessions.find(sessionId)?.stopCause !== null,
      );
      // Asked to end while the driver was taking them: the first order may have come too early.
      if (unwanted.length > 0) await driver.stop(unwanted, { graceSeconds });
    } catch (error) {
      if (this.#stopped) return;
      log.error("the driver did not take Sessions", { group: plan.group, error });
      this.#giveUp(plan.replicas, error as Error);
    } finally {
      for (const { sessionId } of plan.replicas) this.#underway.delete(sessionId);
    }
  }

  /** A full disk may have room later, so those stay admitted for the reconciler; everything else ends the attempt. */
  #giveUp(refs: readonly SessionRef[], error: Error): void {
    if (error instanceof CanfarError && error.code === "storage.full") return;
    const { clock, log, onRefused } = this.#options;
    const at = clock.now().toISOString();
    const ends = refs.map(
      ({ sessionId, attempt }): Observation => ({
        ...{ sessionId, attempt, phase: "ended", ready: false, at },
        ...{ reason: "NotStarted", message: `it did not start: ${error.message}` },
        outcome: { exitCode: null, signal: null, outOfMemory: false, cause: "not-started" },
      }),
    );
    try {
      onRefused(ends);
    } catch (cause) {
      log.error("the end of Sessions could not be recorded", { error: cause });
    }
  }
}

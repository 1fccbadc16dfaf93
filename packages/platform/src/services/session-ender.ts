import { CanfarError, type User } from "@canfar/contract";
import type { SessionDriver } from "@canfar/drivers";
import type { Clock } from "../clock.ts";
import type { Log } from "../log.ts";
import type { Records } from "../records/records.ts";
import type { SessionChange, SessionRecord, StopCause } from "../records/session-store.ts";
import type { Ledger } from "./admission/ledger.ts";
import type { Settlement } from "./policy/settlement.ts";
import type { SessionChanges } from "./session-changes.ts";
import type { SessionReader } from "./session-reader.ts";
import type { SessionRoutes } from "./session-routes.ts";

/** Ends Sessions before their time: because the user says so, or because their life is over. */
export class SessionEnder {
  readonly #options;

  constructor(options: {
    driver: SessionDriver;
    records: Records;
    reader: SessionReader;
    routes: SessionRoutes;
    changes: SessionChanges;
    ledger: Ledger;
    settlement: Settlement;
    clock: Clock;
    log: Log;
    graceSeconds: number;
    /** Called when a waiting Session was taken out of the queue. */
    onEnd: () => void;
  }) {
    this.#options = options;
  }

  /**
   * Takes a Session off the list at once and ends it; its records and logs stay in the data folder.
   *
   * @throws CanfarError `session.not_found`, `storage.full`
   */
  async delete(user: User, id: string): Promise<void> {
    await this.deleteAll([this.#options.reader.record(user, id)]);
  }

  /**
   * The same for several Sessions, all or none of them.
   *
   * @throws CanfarError `storage.full`
   */
  async deleteAll(sessions: readonly SessionRecord[]): Promise<void> {
    const { routes, clock, log } = this.#options;
    const deletedAt = clock.now().toISOString();
    this.#mark(sessions, "deleted", { deletedAt });
    for (const { id } of sessions) routes.remove(id);
    log.info("deleted Sessions", { first: sessions[0]?.id, count: sessions.length });
    await this.#endAll(sessions, "deleted");
  }

  /** Ends Sessions whose life is over. */
  async expire(sessions: readonly SessionRecord[]): Promise<void> {
    this.#mark(sessions, "expired", { status: "Terminating", reason: "Expired" });
    await this.#endAll(sessions, "expired");
  }

  /** Ends every user's Sessions, for an operator who clears the machine. They stay on the list. Resolves when all have ended. */
  async stopAll(signal: AbortSignal): Promise<void> {
    const { records } = this.#options;
    const sessions = [...records.sessions.queued(), ...records.sessions.active()];
    this.#mark(sessions, "stopped", { status: "Terminating", reason: "Stopped" });
    await this.#endAll(sessions, "stopped");
    await Promise.all(sessions.map(({ id }) => this.#untilEnded(id, signal)));
  }

  /** One write: those that wait end here and now, so that no room that others make starts them. */
  #mark(sessions: readonly SessionRecord[], stopCause: StopCause, change: SessionChange): void {
    const { records, ledger, settlement, clock } = this.#options;
    const endedAt = clock.now().toISOString();
    const end: SessionChange = {
      ...{ stopCause, phase: "ended", status: "Failed", endedAt },
      ...{ reason: "Stopped", message: "it was ended before it started" },
    };
    records.write(() => {
      for (const session of sessions) {
        if (session.phase === "ended") records.sessions.update(session.id, change);
        else if (session.phase !== "queued") records.sessions.update(session.id, { stopCause, ...change });
        else settlement.ended(ledger.change(session, { ...change, ...end }));
      }
    });
  }

  async #untilEnded(id: string, signal: AbortSignal): Promise<void> {
    const { records, changes } = this.#options;
    while (!signal.aborted && records.sessions.find(id)?.phase !== "ended") await changes.next(id, signal);
  }

  async #endAll(sessions: readonly SessionRecord[], cause: StopCause): Promise<void> {
    const { changes, onEnd } = this.#options;
    const active = sessions.filter(({ phase }) => phase !== "queued" && phase !== "ended");
    if (sessions.some(({ phase }) => phase === "queued")) onEnd();
    if (active.length > 0) await this.#stop(active, cause);
    for (const session of sessions) changes.tell(session);
  }

  /** An order that the driver cannot take now is repeated by the reconciler. */
  async #stop(sessions: readonly SessionRecord[], cause: StopCause): Promise<void> {
    const { driver, graceSeconds, log } = this.#options;
    try {
      const refs = sessions.map(({ id, attempt }) => ({ sessionId: id, attempt }));
      await driver.stop(refs, { graceSeconds });
    } catch (error) {
      log.error("the driver could not end Sessions", { first: sessions[0]?.id, cause, error });
    }
  }
}

/** What `action=renew` answers for a Session that has nothing to renew. */
export function notActive(user: User, id: string): CanfarError {
  return new CanfarError("session.not_active", {
    message: `No active job for user ${user.username} with session ${id}`,
    hint: "Only a session that runs can be renewed; `canfar ps --all` shows its status.",
    details: { id },
  });
}

import { CanfarError, type User } from "@canfar/contract";
import type { SessionDriver } from "@canfar/drivers";
import type { Clock } from "../clock.ts";
import type { Log } from "../log.ts";
import type { Records } from "../records/records.ts";
import type { SessionRecord, StopCause } from "../records/session-store.ts";
import type { SessionChanges } from "./session-changes.ts";
import type { SessionReader } from "./session-reader.ts";
import type { SessionRoutes } from "./session-routes.ts";

/** As a limit: no limit (SQLite). */
const EVERY = -1;

/** Ends Sessions before their time: because the user says so, or because their life is over. */
export class SessionEnder {
  readonly #options;

  constructor(options: {
    driver: SessionDriver;
    records: Records;
    reader: SessionReader;
    routes: SessionRoutes;
    changes: SessionChanges;
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
    const { records, routes, clock, log } = this.#options;
    const deletedAt = clock.now().toISOString();
    records.write(() => {
      for (const { id, phase } of sessions) {
        records.sessions.update(id, { deletedAt, ...(phase === "ended" ? {} : { stopCause: "deleted" }) });
      }
    });
    for (const { id } of sessions) routes.remove(id);
    log.info("deleted Sessions", { first: sessions[0]?.id, count: sessions.length });
    await this.#endAll(sessions, "deleted");
  }

  /** Ends Sessions whose life is over. */
  async expire(sessions: readonly SessionRecord[]): Promise<void> {
    const { records } = this.#options;
    records.write(() => {
      for (const { id } of sessions) {
        records.sessions.update(id, { stopCause: "expired", status: "Terminating", reason: "Expired" });
      }
    });
    await this.#endAll(sessions, "expired");
  }

  /** Ends every user's Sessions, for an operator who clears the machine. They stay on the list. Resolves when all have ended. */
  async stopAll(signal: AbortSignal): Promise<void> {
    const { records } = this.#options;
    // Those that wait go first: room that others make must not start them.
    const sessions = [...records.sessions.queued(EVERY), ...records.sessions.active()];
    records.write(() => {
      for (const { id } of sessions) {
        records.sessions.update(id, { stopCause: "stopped", status: "Terminating", reason: "Stopped" });
      }
    });
    await this.#endAll(sessions, "stopped");
    await Promise.all(sessions.map(({ id }) => this.#untilEnded(id, signal)));
  }

  async #untilEnded(id: string, signal: AbortSignal): Promise<void> {
    const { records, changes } = this.#options;
    while (!signal.aborted && records.sessions.find(id)?.phase !== "ended") await changes.next(id, signal);
  }

  /** Those that wait end here and now, so that no room that others make starts them; the driver ends the others. */
  async #endAll(sessions: readonly SessionRecord[], cause: StopCause): Promise<void> {
    const { records, clock, changes, onEnd } = this.#options;
    const queued = sessions.filter(({ phase }) => phase === "queued");
    const active = sessions.filter(({ phase }) => phase !== "queued" && phase !== "ended");
    const endedAt = clock.now().toISOString();
    records.write(() => {
      for (const { id } of queued) records.sessions.update(id, { phase: "ended", status: "Failed", endedAt });
    });
    if (queued.length > 0) onEnd();
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

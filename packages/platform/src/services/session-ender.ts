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
    const { records, reader, routes, clock, log } = this.#options;
    const session = reader.record(user, id);
    const deletedAt = clock.now().toISOString();
    records.write(() => {
      records.sessions.update(id, {
        deletedAt,
        ...(session.phase === "ended" ? {} : { stopCause: "deleted" }),
      });
    });
    routes.remove(id);
    log.info("deleted a Session", { session: id, phase: session.phase });
    await this.#end(session, "deleted");
  }

  /** Ends Sessions whose life is over. */
  async expire(sessions: readonly SessionRecord[]): Promise<void> {
    const { records } = this.#options;
    records.write(() => {
      for (const { id } of sessions) {
        records.sessions.update(id, { stopCause: "expired", status: "Terminating", reason: "Expired" });
      }
    });
    for (const session of sessions) await this.#end(session, "expired");
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
    await Promise.all(
      sessions.map(async (session) => {
        await this.#end(session, "stopped");
        await this.#untilEnded(session.id, signal);
      }),
    );
  }

  async #untilEnded(id: string, signal: AbortSignal): Promise<void> {
    const { records, changes } = this.#options;
    while (!signal.aborted && records.sessions.find(id)?.phase !== "ended") await changes.next(id, signal);
  }

  async #end(session: SessionRecord, cause: StopCause): Promise<void> {
    const { driver, records, clock, changes, graceSeconds, onEnd } = this.#options;
    if (session.phase === "queued") {
      const endedAt = clock.now().toISOString();
      records.write(() => records.sessions.update(session.id, { phase: "ended", status: "Failed", endedAt }));
      onEnd();
    } else if (session.phase !== "ended") await this.#stop(driver, session, { cause, graceSeconds });
    changes.tell(session.id);
  }

  /** An order that the driver cannot take now is repeated by the reconciler. */
  async #stop(
    driver: SessionDriver,
    session: SessionRecord,
    { cause, graceSeconds }: { cause: StopCause; graceSeconds: number },
  ): Promise<void> {
    try {
      await driver.stop([{ sessionId: session.id, attempt: session.attempt }], { graceSeconds });
    } catch (error) {
      this.#options.log.error("the driver could not end a Session", { session: session.id, cause, error });
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

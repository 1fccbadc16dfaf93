import type { DatabaseSync } from "node:sqlite";
import { CanfarError } from "@canfar/contract";
import { AttemptStore } from "./attempt-store.ts";
import { migrate, transact } from "./database.ts";
import { EventStore } from "./event-store.ts";
import { GroupStore } from "./group-store.ts";
import { SESSION_MIGRATIONS } from "./schema.ts";
import { SessionStore } from "./session-store.ts";

/** SQLite's result code for a full disk (SQLITE_FULL). */
const SQLITE_FULL = 13;

/** Everything that the platform knows of Sessions, for good. */
export class Records {
  readonly groups: GroupStore;
  readonly sessions: SessionStore;
  readonly attempts: AttemptStore;
  readonly events: EventStore;
  readonly #database: DatabaseSync;

  constructor(database: DatabaseSync) {
    migrate(database, SESSION_MIGRATIONS);
    this.#database = database;
    this.groups = new GroupStore(database);
    this.sessions = new SessionStore(database);
    this.attempts = new AttemptStore(database);
    this.events = new EventStore(database);
  }

  /**
   * Runs `work` as one write: when it returns, all of it lasts; when it throws, nothing was written.
   *
   * @throws CanfarError `storage.full`, and whatever `work` throws
   */
  write<T>(work: () => T): T {
    try {
      return transact(this.#database, work);
    } catch (error) {
      if ((error as { errcode?: unknown }).errcode !== SQLITE_FULL) throw error;
      throw new CanfarError("storage.full", {
        message: "the disk with the platform's records is full; nothing was changed",
        hint: "Free some space on the disk of the data folder and try again.",
        cause: error,
      });
    }
  }
}

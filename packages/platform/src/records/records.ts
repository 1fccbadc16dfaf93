import type { DatabaseSync } from "node:sqlite";
import { CanfarError } from "@canfar/contract";
import { AttemptStore } from "./attempt-store.ts";
import { migrate, transact } from "./database.ts";
import { EventStore } from "./event-store.ts";
import { GroupStore } from "./group-store.ts";
import { NotificationStore } from "./notification-store.ts";
import { QueueStore } from "./queue-store.ts";
import { NOTIFICATION_MIGRATIONS, SESSION_MIGRATIONS } from "./schema.ts";
import { SessionStore } from "./session-store.ts";

/** SQLite's result code for a full disk (SQLITE_FULL). */
const SQLITE_FULL = 13;

/** Everything that the platform knows of Sessions, for good. */
export class Records {
  readonly groups: GroupStore;
  readonly sessions: SessionStore;
  readonly queue: QueueStore;
  readonly attempts: AttemptStore;
  readonly events: EventStore;
  readonly notifications: NotificationStore;
  readonly #database: DatabaseSync;
  readonly #undone: (() => void)[] = [];
  #afterwards: (() => void)[] = [];

  constructor(database: DatabaseSync) {
    migrate(database, [...SESSION_MIGRATIONS, ...NOTIFICATION_MIGRATIONS]);
    this.#database = database;
    this.groups = new GroupStore(database);
    this.sessions = new SessionStore(database);
    this.queue = new QueueStore(database);
    this.attempts = new AttemptStore(database);
    this.events = new EventStore(database);
    this.notifications = new NotificationStore(database);
  }

  /**
   * Runs `work` as one write: when it returns, all of it lasts; when it throws, nothing was written.
   *
   * @throws CanfarError `storage.full`, and whatever `work` throws
   */
  write<T>(work: () => T): T {
    this.#afterwards = [];
    const result = this.#transact(work);
    const afterwards = this.#afterwards;
    this.#afterwards = [];
    for (const act of afterwards) act();
    return result;
  }

  /** Inside a write: calls `act` once the write lasts, and never if it does not. */
  afterwards(act: () => void): void {
    this.#afterwards.push(act);
  }

  /** Calls `listener` after each write of which nothing was written: what was counted meanwhile is wrong. */
  onUndone(listener: () => void): void {
    this.#undone.push(listener);
  }

  #transact<T>(work: () => T): T {
    try {
      return transact(this.#database, work);
    } catch (error) {
      for (const listener of this.#undone) listener();
      if ((error as { errcode?: unknown }).errcode !== SQLITE_FULL) throw error;
      throw new CanfarError("storage.full", {
        message: "the disk with the platform's records is full; nothing was changed",
        hint: "Free some space on the disk of the data folder and try again.",
        cause: error,
      });
    }
  }
}

import type { SessionRecord } from "../records/session-store.ts";

/** What those who listen need to know of the Session that changed. */
export type ChangedSession = Pick<
  SessionRecord,
  "id" | "groupId" | "replicaIndex" | "attempt" | "phase" | "status"
>;

/** Tells those who wait that something about a Session, or about one of a Group, changed. Holds nothing but the waiters. */
export class SessionChanges {
  readonly #ofSessions = new Waiters();
  readonly #ofGroups = new Waiters();
  readonly #listeners: ((session: ChangedSession) => void)[] = [];

  tell(session: ChangedSession): void {
    this.#ofSessions.wake(session.id);
    this.#ofGroups.wake(session.groupId);
    for (const listener of this.#listeners) listener(session);
  }

  /** Calls a listener at each change from now on, before anybody who waits goes on. */
  listen(listener: (session: ChangedSession) => void): void {
    this.#listeners.push(listener);
  }

  /** Something changed in many Sessions at once: everybody looks again. */
  tellAll(): void {
    this.#ofSessions.wakeAll();
    this.#ofGroups.wakeAll();
  }

  /** Resolves at the next change of a Session, or when `signal` aborts. */
  next(sessionId: string, signal: AbortSignal): Promise<void> {
    return this.#ofSessions.wait(sessionId, signal);
  }

  /** Resolves at the next change of any Session of a Group, or when `signal` aborts. */
  nextOfGroup(groupId: string, signal: AbortSignal): Promise<void> {
    return this.#ofGroups.wait(groupId, signal);
  }
}

class Waiters {
  readonly #waiting = new Map<string, Set<() => void>>();

  wake(key: string): void {
    const waiting = this.#waiting.get(key);
    this.#waiting.delete(key);
    for (const wake of waiting ?? []) wake();
  }

  wakeAll(): void {
    for (const key of [...this.#waiting.keys()]) this.wake(key);
  }

  wait(key: string, signal: AbortSignal): Promise<void> {
    if (signal.aborted) return Promise.resolve();
    return new Promise((resolve) => {
      const wake = () => {
        signal.removeEventListener("abort", wake);
        const waiting = this.#waiting.get(key);
        waiting?.delete(wake);
        if (waiting?.size === 0) this.#waiting.delete(key);
        resolve();
      };
      signal.addEventListener("abort", wake, { once: true });
      const waiting = this.#waiting.get(key) ?? new Set();
      this.#waiting.set(key, waiting.add(wake));
    });
  }
}

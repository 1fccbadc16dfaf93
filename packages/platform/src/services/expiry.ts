import type { User } from "@canfar/contract";
import type { Clock, Timer } from "../clock.ts";
import type { Log } from "../log.ts";
import type { Records } from "../records/records.ts";
import type { SessionRecord } from "../records/session-store.ts";
import { later } from "./observation-change.ts";
import { notActive, type SessionEnder } from "./session-ender.ts";

/** A clock that was set is seen after this time at the latest. */
const LONGEST_WAIT_MS = 60_000;

/** Ends Sessions at the end of their life, and gives them a new one on request. */
export class Expiry {
  readonly #options;
  #timer: Timer | null = null;
  /** When the timer fires, in milliseconds since 1970. */
  #looksAt = 0;

  constructor(options: {
    records: Records;
    ender: SessionEnder;
    clock: Clock;
    log: Log;
    /** Renewal gives this much from now; less than what is left changes nothing. */
    renewalSeconds: number;
  }) {
    this.#options = options;
  }

  /**
   * Gives a Session its life again, counted from now.
   *
   * @throws CanfarError `session.not_active` where there is nothing to renew
   */
  renew(user: User, id: string): void {
    const { records, clock, renewalSeconds } = this.#options;
    records.write(() => {
      const session = records.sessions.find(id);
      if (session === null || !isRenewable(session, user)) throw notActive(user, id);
      const expiresAt = later(clock.now().toISOString(), renewalSeconds);
      // One that has not started yet has its whole life before it.
      if (session.expiresAt !== null && expiresAt > session.expiresAt)
        records.sessions.update(id, { expiresAt });
    });
  }

  start(): void {
    this.#schedule();
  }

  stop(): void {
    this.#timer?.cancel();
    this.#timer = null;
  }

  /** A Session has started whose life ends then. @param expiresAt ISO 8601 */
  expect(expiresAt: string): void {
    if (this.#timer === null || Date.parse(expiresAt) >= this.#looksAt) return;
    this.#lookBy(Date.parse(expiresAt));
  }

  #schedule(): void {
    const next = this.#options.records.sessions.nextExpiry();
    this.#lookBy(next === null ? Infinity : Date.parse(next));
  }

  #lookBy(time: number): void {
    const { clock } = this.#options;
    const now = clock.now().getTime();
    const left = Math.min(Math.max(time - now, 0), LONGEST_WAIT_MS);
    this.#timer?.cancel();
    this.#looksAt = now + left;
    this.#timer = clock.setTimer(left, () => this.#look());
  }

  #look(): void {
    const { records, ender, clock, log } = this.#options;
    try {
      const expired = records.sessions.expired(clock.now().toISOString());
      ender
        .expire(expired)
        .catch((error: unknown) => log.error("expired Sessions were not ended", { error }));
    } catch (error) {
      log.error("expired Sessions were not ended", { error });
    }
    this.#schedule();
  }
}

function isRenewable(session: SessionRecord, user: User): boolean {
  const active = session.phase !== "queued" && session.phase !== "ended";
  return (
    session.username === user.username && session.deletedAt === null && session.stopCause === null && active
  );
}

import type { Clock } from "../../clock.ts";

/** Wrong passwords that an account may have before it has to wait. */
const FREE_FAILURES = 10;
const LONGEST_WAIT_MS = 5 * 60_000;
/** A quiet account starts afresh after this. */
const FORGET_AFTER_MS = 60 * 60_000;
/** Wrong passwords in a minute, all accounts together: one password tried on every account. */
const MAX_FAILURES_A_MINUTE = 100;
const MINUTE_MS = 60_000;
/** Usernames remembered; unknown ones count too, so that a wait tells nobody which accounts exist. */
const MAX_ACCOUNTS = 10_000;

interface Failures {
  count: number;
  lastAt: number;
}

/**
 * Slows down the guessing of passwords: for each account a wait that doubles, and a limit for all of them. An attempt
 * counts as a failure from its start until it has succeeded, or else many attempts at once would all pass. Kept in
 * memory: nobody outside can make the server forget.
 */
export class LoginThrottle {
  readonly #clock: Clock;
  readonly #failures = new Map<string, Failures>();
  #minute = { startedAt: 0, count: 0 };

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Counts an attempt. @returns seconds to wait, or 0 where it may go on */
  begin(username: string): number {
    const now = this.#clock.now().getTime();
    const key = username.slice(0, 64).toLowerCase();
    const failures = this.#failures.get(key) ?? { count: 0, lastAt: now };
    if (now - failures.lastAt > FORGET_AFTER_MS) failures.count = 0;
    if (now - this.#minute.startedAt >= MINUTE_MS) this.#minute = { startedAt: now, count: 0 };
    const wait = Math.max(
      failures.lastAt + waitAfter(failures.count) - now,
      this.#minute.count < MAX_FAILURES_A_MINUTE ? 0 : this.#minute.startedAt + MINUTE_MS - now,
    );
    if (wait > 0) return Math.ceil(wait / 1000);
    this.#minute.count += 1;
    // Inserted anew, so that the order of the map is the order of use.
    this.#failures.delete(key);
    this.#failures.set(key, { count: failures.count + 1, lastAt: now });
    this.#forgetOldest();
    return 0;
  }

  succeeded(username: string): void {
    this.#failures.delete(username.slice(0, 64).toLowerCase());
    this.#minute.count = Math.max(0, this.#minute.count - 1);
  }

  #forgetOldest(): void {
    const [oldest] = this.#failures.keys();
    if (this.#failures.size > MAX_ACCOUNTS && oldest !== undefined) this.#failures.delete(oldest);
  }
}

function waitAfter(failures: number): number {
  return failures < FREE_FAILURES ? 0 : Math.min(LONGEST_WAIT_MS, 1000 * 2 ** (failures - FREE_FAILURES));
}

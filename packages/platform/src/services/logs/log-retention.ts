import type { SessionDriver } from "@canfar/drivers";
import type { Clock, Timer } from "../../clock.ts";
import type { Log } from "../../log.ts";
import type { Records } from "../../records/records.ts";

const LOOK_EVERY_MS = 3_600_000;
const DAY_MS = 86_400_000;
/** Groups in one look: other work has its turn between them. */
const AT_ONCE = 100;

/** Removes the logs of Groups a number of days after all their Sessions have ended, or were deleted. */
export class LogRetention {
  readonly #options;
  #timer: Timer | null = null;
  #stopped = false;

  /** @param options.afterLook removes what is kept as long as the logs of deleted Groups */
  constructor(options: {
    driver: SessionDriver;
    records: Records;
    clock: Clock;
    log: Log;
    days: number;
    afterLook: () => void;
  }) {
    this.#options = options;
  }

  /** Looks now, and each hour from now on. */
  start(): void {
    void this.#look();
  }

  stop(): void {
    this.#stopped = true;
    this.#timer?.cancel();
  }

  async #look(): Promise<void> {
    const { clock, log } = this.#options;
    try {
      let isDone = false;
      while (!isDone && !this.#stopped) isDone = await this.#removeSome();
      if (!this.#stopped) this.#options.afterLook();
    } catch (error) {
      log.error("old logs were not removed; trying again in an hour", { error });
    }
    if (!this.#stopped) this.#timer = clock.setTimer(LOOK_EVERY_MS, () => void this.#look());
  }

  /** The files first: a Group is marked only when they are gone. @returns true where there are no more */
  async #removeSome(): Promise<boolean> {
    const { driver, records, clock, log, days } = this.#options;
    const now = clock.now();
    const limit = new Date(now.getTime() - days * DAY_MS).toISOString();
    const ids = records.groups.withLogsOlderThan(limit, AT_ONCE);
    if (ids.length === 0) return true;
    await driver.deleteLogs(ids.map((group) => ({ group })));
    if (this.#stopped) return true; // The next platform finds nothing to delete, and notes it.
    records.write(() => {
      for (const id of ids) records.groups.setLogsRemoved(id, now.toISOString());
    });
    log.info("removed the logs of old Groups", { groups: ids.length, days });
    return ids.length < AT_ONCE;
  }
}

import type { Observation, SessionDriver, SessionRef } from "./session-driver.ts";

/** Everything that a driver tells, kept in order, for tests that wait for something to happen. */
export class DriverWatch {
  readonly observations: Observation[] = [];
  readonly #waiting = new Set<() => void>();
  readonly #end: () => void;

  constructor(driver: SessionDriver) {
    this.#end = driver.observe((observation) => {
      this.observations.push(observation);
      for (const look of [...this.#waiting]) look();
    });
  }

  of({ sessionId, attempt }: SessionRef): Observation[] {
    return this.observations.filter((each) => each.sessionId === sessionId && each.attempt === attempt);
  }

  /** Resolves with the first Observation of an attempt, past or to come, that fits. */
  until(ref: SessionRef, fits: (observation: Observation) => boolean): Promise<Observation> {
    return new Promise((resolve) => {
      const look = () => {
        const found = this.of(ref).find(fits);
        if (found === undefined) return;
        this.#waiting.delete(look);
        resolve(found);
      };
      this.#waiting.add(look);
      look();
    });
  }

  running(ref: SessionRef): Promise<Observation> {
    return this.until(ref, ({ phase }) => phase === "running");
  }

  ended(ref: SessionRef): Promise<Observation> {
    return this.until(ref, ({ phase }) => phase === "ended");
  }

  close(): void {
    this.#end();
  }
}

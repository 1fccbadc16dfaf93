import { type Demand, dominantShare, NOTHING, plus } from "./demand.ts";

/** What a user has used counts half after this time. */
const HALF_LIFE_SECONDS = 3600;

const DECAY = Math.LN2 / HALF_LIFE_SECONDS;

/** What one user has running, and what they used lately: share of the machine times seconds, older use weighing less. */
export class UserAccount {
  readonly #machine: Demand;
  #running = NOTHING;
  #share = 0;
  #used = 0;
  #at: number;

  /** @param now milliseconds since 1970, here and below */
  constructor(machine: Demand, now: number) {
    this.#machine = machine;
    this.#at = now;
  }

  /** Largest of the shares of cores, memory and GPUs that run for the user. */
  get share(): number {
    return this.#share;
  }

  get running(): Demand {
    return this.#running;
  }

  /** Something began (1) or ended (-1). */
  count(demand: Demand, sign: 1 | -1, now: number): void {
    this.#used = this.usedUntil(now);
    // A clock that was set back starts again from there.
    this.#at = now;
    this.#running = plus(this.#running, demand, sign);
    this.#share = dominantShare(this.#running, this.#machine);
  }

  usedUntil(now: number): number {
    const seconds = Math.max(0, now - this.#at) / 1000;
    const kept = Math.exp(-DECAY * seconds);
    return this.#used * kept + (this.#share / DECAY) * (1 - kept);
  }
}

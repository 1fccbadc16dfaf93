import type { Attempt } from "./attempt.ts";

/** Starts in a row before other work gets its turn: a new lane blocks the loop for a millisecond. */
const STARTS_IN_A_ROW = 4;

/**
 * Attempts that wait for their start, in the order they came. Those whose plan takes slots of the machine start as slots
 * become free; the others start at once.
 */
export class StartQueue {
  readonly #slots: number;
  /** Strictly first come, first served: a large one is not overtaken for ever. */
  readonly #forSlots = new Set<Attempt>();
  readonly #atOnce = new Set<Attempt>();
  readonly #running = new Set<Attempt>();
  #inUse = 0;
  #isStarting = false;

  /** @param slots that those which wait for them may take together */
  constructor(slots: number) {
    this.#slots = slots;
  }

  add(attempt: Attempt): void {
    (attempt.slots === 0 ? this.#atOnce : this.#forSlots).add(attempt);
    this.#startSoon();
  }

  /** @returns false where it does not wait here any more */
  remove(attempt: Attempt): boolean {
    const wasWaiting = this.#atOnce.delete(attempt) || this.#forSlots.delete(attempt);
    this.#startSoon(); // It may have been in the way of others.
    return wasWaiting;
  }

  /** Counts one that runs already. */
  occupy(attempt: Attempt): void {
    this.#running.add(attempt);
    this.#inUse += attempt.slots;
  }

  /** What it took is there for the next ones. */
  free(attempt: Attempt): void {
    if (this.#running.delete(attempt)) this.#inUse -= attempt.slots;
    this.#startSoon();
  }

  #startSoon(): void {
    if (this.#isStarting || this.#atOnce.size + this.#forSlots.size === 0) return;
    this.#isStarting = true;
    setImmediate(() => {
      this.#isStarting = false;
      let started = 0;
      for (let next = this.#take(); next !== null; next = this.#take()) {
        void next.start();
        started += 1;
        if (started === STARTS_IN_A_ROW) return this.#startSoon();
      }
    });
  }

  #take(): Attempt | null {
    const next = firstOf(this.#atOnce) ?? firstOf(this.#forSlots);
    if (next === null || (next.slots > 0 && !this.#fits(next.slots))) return null;
    this.#atOnce.delete(next);
    this.#forSlots.delete(next);
    this.occupy(next);
    return next;
  }

  /** One that is larger than the machine runs alone. */
  #fits(slots: number): boolean {
    return this.#inUse === 0 || this.#inUse + slots <= this.#slots;
  }
}

function firstOf<T>(set: ReadonlySet<T>): T | null {
  for (const first of set) return first;
  return null;
}

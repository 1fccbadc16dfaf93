/** The time whose ends are counted: so long, at most, the driver's supply lasts, and a new Session waits for it. */
const WINDOW_MS = 500;
/** More would only make one write longer. */
const MOST = 1000;

/**
 * How many slots' worth of Sessions the driver is given beyond those that can run now. Where many short ones end each
 * second, it is what ends in a moment: no slot is idle for a round trip, and many Sessions share one write. Where they run
 * for minutes it is nothing, so that whoever comes next has the next free slot.
 */
export class LookAhead {
  #ends: { readonly at: number; readonly slots: number }[] = [];
  #inUse = 0;

  /**
   * @param inUse slots that are taken now, before more are admitted
   * @param now milliseconds
   * @returns slots
   */
  size(inUse: number, now: number): number {
    if (inUse < this.#inUse) this.#ends.push({ at: now, slots: this.#inUse - inUse });
    this.#inUse = inUse;
    this.#ends = this.#ends.filter(({ at }) => now - at < WINDOW_MS);
    return Math.min(
      MOST,
      this.#ends.reduce((sum, { slots }) => sum + slots, 0),
    );
  }

  /** Slots that were taken since. */
  add(slots: number): void {
    this.#inUse += slots;
  }
}

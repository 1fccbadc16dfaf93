import type { SessionLimits } from "../../session-driver.ts";
import { type Cgroups, type GroupCounts, NOTHING_COUNTED } from "../cgroup/cgroup.ts";

/** The control group that a lane is in. It serves one Session after the other where the kernel can begin its counts anew. */
export class LaneGroup {
  readonly #cgroups: Cgroups;
  readonly #lane: string;
  readonly #limits: SessionLimits;
  #name: string | null = null;
  /** What it had counted when it was last asked. */
  #counted: GroupCounts | null = null;
  #left: string[] = [];
  #made = 0;

  constructor(cgroups: Cgroups, lane: string, limits: SessionLimits) {
    this.#cgroups = cgroups;
    this.#lane = lane;
    this.#limits = limits;
  }

  /**
   * Makes a group ready for the next Session.
   *
   * @returns its name, what it had counted before, and the folders that the lane must join first, where it is a new one
   * @throws the file system's error
   */
  prepare(): { name: string; before: GroupCounts; join: readonly string[] } {
    const before = this.#counted;
    this.#counted = null;
    if (this.#name !== null && before !== null && this.#cgroups.renew(this.#name, before)) {
      return { name: this.#name, before, join: [] };
    }
    if (this.#name !== null) this.#left.push(this.#name);
    this.#made += 1;
    this.#name = `${this.#lane}.${this.#made}`;
    const join = this.#cgroups.create(this.#name, this.#limits);
    return { name: this.#name, before: NOTHING_COUNTED, join };
  }

  /** @param counts what the group has counted at the end of a Session: the next one begins there */
  ended(counts: GroupCounts | undefined): void {
    this.#counted = counts ?? null;
  }

  /** Removes groups that the lane has left. A dying process may hold one for a moment: it goes the next time. */
  removeLeft(): void {
    this.#left = this.#left.filter((name) => !this.#cgroups.remove(name));
  }

  /** Removes every group, once the lane is gone. @returns false while a dying process holds one */
  removeAll(): boolean {
    if (this.#name !== null) this.#left.push(this.#name);
    this.#name = null;
    this.removeLeft();
    return this.#left.length === 0;
  }
}

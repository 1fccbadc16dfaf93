import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import type { Cgroups } from "../cgroup/cgroup.ts";
import { LaneFolder } from "./lane-folder.ts";
import { isAlive, isStopped, signalProcess } from "./processes.ts";

/** A lane that has not written down who it is after this time never will, and one that nobody claims has no output left. */
const PATIENCE_MS = 60_000;
const REMOVE_ROUNDS = 50;
const REMOVE_ROUND_MS = 10;

/**
 * Lanes of earlier hosts. One that runs something is claimed by its attempt, and goes with it. The others end by
 * themselves, and what they leave is removed when they are gone: until then one may still start what it was told.
 */
export class OldLanes {
  readonly #folder: string;
  readonly #cgroups: Cgroups | null;
  readonly #unclaimed: Set<string>;
  /** Lanes by the attempts that they run. */
  readonly #claims = new Map<string, string>();
  readonly #since = Date.now();

  constructor(folder: string, cgroups: Cgroups | null) {
    this.#folder = folder;
    this.#cgroups = cgroups;
    const groups = cgroups?.names() ?? [];
    this.#unclaimed = new Set([...readdirSync(folder), ...groups.map(laneOfGroup)]);
  }

  claim(lane: string, key: string): void {
    this.#unclaimed.delete(lane);
    this.#claims.set(key, lane);
  }

  /** Its attempt is over. Resolves when nothing of the lane is left, or something holds it for longer. */
  async release(key: string): Promise<void> {
    const lane = this.#claims.get(key);
    if (lane === undefined) return;
    this.#claims.delete(key);
    for (let round = 0; !this.#remove(lane) && round < REMOVE_ROUNDS; round += 1) {
      await new Promise((resolve) => setTimeout(resolve, REMOVE_ROUND_MS));
    }
  }

  /** Removes what is left of those that are gone. */
  removeGone(): void {
    for (const lane of this.#unclaimed) {
      if (this.#isGone(lane) && this.#remove(lane)) this.#unclaimed.delete(lane);
    }
  }

  #isGone(lane: string): boolean {
    const folder = new LaneFolder(join(this.#folder, lane));
    const owner = folder.readOwner();
    const isLate = Date.now() - this.#since > PATIENCE_MS;
    if (owner === null) return isLate || !existsSync(folder.path);
    // Its host was killed between the record of an end and the word to the lane that it is read.
    if (isLate && isStopped(owner)) signalProcess(owner.pid, "SIGKILL");
    return !isAlive(owner);
  }

  #remove(lane: string): boolean {
    new LaneFolder(join(this.#folder, lane)).remove();
    const groups = (this.#cgroups?.names() ?? []).filter((name) => laneOfGroup(name) === lane);
    return groups.map((name) => this.#cgroups?.remove(name)).every((gone) => gone !== false);
  }
}

function laneOfGroup(name: string): string {
  return name.replace(/\.\d+$/, "");
}

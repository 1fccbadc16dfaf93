import { join } from "node:path";
import type { LaunchPlan } from "../../session-driver.ts";
import type { Cgroups } from "../cgroup/cgroup.ts";
import type { Isolation } from "../sandbox/isolation.ts";
import type { FifoPool } from "./fifo-pool.ts";
import { Lane } from "./lane.ts";
import { LaneFolder } from "./lane-folder.ts";
import { LaneGroup } from "./lane-group.ts";
import { type LanePurpose, laneProgram } from "./start-command.ts";

/** What all lanes on this machine share. */
export interface LaneSurroundings {
  /** Begins the names of this host's lanes, unlike those of every other host. */
  readonly hostId: string;
  readonly lanesFolder: string;
  readonly marksFolder: string;
  readonly isolation: Isolation;
  readonly arcLinked: boolean;
  readonly cgroups: Cgroups | null;
  readonly fifos: FifoPool;
  /** Variables that the operator hands to every Session: proxies, certificates. */
  readonly passEnvironment: Readonly<Record<string, string>>;
}

/** So long a lane waits for the next attempt of its plan. */
const IDLE_MS = 2_000;
const REMOVE_ROUNDS = 100;
const REMOVE_ROUND_MS = 10;

/** The lanes of a session host: new ones where none is free, and the free ones, each for attempts of its own plan. */
export class Lanes {
  readonly #surroundings: LaneSurroundings;
  /** By what they are for; each with the timer that ends it when nobody takes it. */
  readonly #free = new Map<string, Map<Lane, NodeJS.Timeout>>();
  readonly #taken = new Set<Lane>();
  #made = 0;

  constructor(surroundings: LaneSurroundings) {
    this.#surroundings = surroundings;
  }

  /** A lane for one attempt. @throws the file system's error (ENOSPC) */
  take(purpose: LanePurpose): Lane {
    const lane = this.#takeFree(purpose) ?? this.#make(purpose);
    this.#taken.add(lane);
    return lane;
  }

  #takeFree(purpose: LanePurpose): Lane | null {
    const [first] = this.#free.get(purposeKey(purpose)) ?? [];
    if (first === undefined || purpose.port !== null) return null;
    this.#unlist(first[0]);
    return first[0];
  }

  #make(purpose: LanePurpose): Lane {
    const { hostId, lanesFolder, marksFolder, isolation, cgroups, fifos } = this.#surroundings;
    this.#made += 1;
    const name = `${hostId}-${this.#made}`;
    const folder = new LaneFolder(join(lanesFolder, name));
    folder.make(purpose.plan, fifos);
    try {
      const lane: Lane = new Lane({
        ...{ name, purpose, folder, isolation },
        marks: marksFolder,
        group: cgroups === null ? null : new LaneGroup(cgroups, name, purpose.plan.limits),
        program: laneProgram(purpose, { ...this.#surroundings, folder }),
        onExit: () => {
          // What its last attempt printed may still be in the pipes.
          if (!this.#taken.has(lane)) void this.#remove(lane);
        },
      });
      return lane;
    } catch (error) {
      folder.remove();
      throw error;
    }
  }

  /** An attempt is over and all it printed is read: its lane may run the next one of the plan. */
  giveBack(lane: Lane): void {
    this.#taken.delete(lane);
    if (lane.pid === null) {
      void this.#remove(lane);
      return;
    }
    if (lane.purpose.port !== null || !lane.isFree || !isEmptied(lane.folder)) {
      lane.retire();
      return;
    }
    setImmediate(() => lane.acknowledge()); // Not needed where the next attempt comes at once.
    lane.group?.removeLeft();
    const key = purposeKey(lane.purpose);
    const free = this.#free.get(key) ?? new Map<Lane, NodeJS.Timeout>();
    this.#free.set(
      key,
      free.set(
        lane,
        setTimeout(() => this.#retire(lane), IDLE_MS),
      ),
    );
  }

  #retire(lane: Lane): void {
    this.#unlist(lane);
    lane.retire();
  }

  #unlist(lane: Lane): void {
    const key = purposeKey(lane.purpose);
    const free = this.#free.get(key);
    clearTimeout(free?.get(lane));
    free?.delete(lane);
    if (free?.size === 0) this.#free.delete(key);
  }

  async #remove(lane: Lane): Promise<void> {
    this.#unlist(lane);
    lane.pipes.close();
    lane.folder.remove();
    for (let round = 0; lane.group?.removeAll() === false && round < REMOVE_ROUNDS; round += 1) {
      await new Promise((resolve) => setTimeout(resolve, REMOVE_ROUND_MS));
    }
  }

  /** Ends the free ones; what the others run goes on, for the next host. */
  release(): void {
    for (const free of this.#free.values()) for (const lane of free.keys()) lane.retire();
  }
}

const keys = new WeakMap<LaunchPlan, string>();

/** Attempts whose plans differ in nothing but their Replicas share lanes. */
function purposeKey({ plan, environment }: LanePurpose): string {
  const known = keys.get(plan);
  if (known !== undefined) return known;
  const key = JSON.stringify([{ ...plan, replicas: [] }, environment]);
  keys.set(plan, key);
  return key;
}

function isEmptied(folder: LaneFolder): boolean {
  try {
    folder.empty();
    return true;
  } catch {
    return false; // Something in it cannot be removed now: the lane goes, and takes the folder with it.
  }
}

import { type Demand, dominantShare, fits, plus, roomFor } from "./demand.ts";

/** How long others may go on taking what a large Session waits for, before everything is kept for it. */
export const PATIENCE_MS = 5 * 60_000;

/** Part of the machine that interactive Sessions never keep from batch. */
const BATCH_PART = 1 / 4;

/** Most Sessions that are read of one Group at a time. */
const PAGE = 256;

/** A Session that may start as soon as there is room. */
export interface Candidate {
  readonly id: string;
  readonly demand: Demand;
}

/** Of a Group of which something may start. */
export interface GroupInLine<T extends Candidate> {
  readonly id: string;
  /** Sessions that its policy still lets run. */
  readonly room: number;
  /** What its first Session counts, as far as that is known without reading it. */
  readonly demand: Demand;
  /** Sessions in their order, read when they are needed. */
  read(limit: number, offset: number): readonly T[];
}

export interface UserInLine<T extends Candidate> {
  readonly name: string;
  /** Users get the machine in proportion to their weights. */
  readonly weight: number;
  /** Largest share of the machine's cores, memory or GPUs that runs for the user. */
  readonly share: number;
  /** What runs, to add to. */
  readonly running: Demand;
  /** Share of the machine times seconds, used lately. */
  readonly used: number;
  /** In the order they came; never empty. */
  readonly groups: readonly GroupInLine<T>[];
}

/** Everything that the next starts depend on. */
export interface Line<T extends Candidate> {
  readonly machine: Demand;
  /** What batch and what interactive Sessions hold. */
  readonly batch: Demand;
  readonly interactive: Demand;
  readonly batchSessions: number;
  /** What is started beyond the capacity, for a driver that keeps it waiting itself. */
  readonly ahead: Demand;
  /** In the order in which they came into line: among equals the first goes first. */
  readonly users: readonly UserInLine<T>[];
  /** Since when Sessions that were the next have found no room, by their ids. */
  readonly blocked: Blocked;
  /** Milliseconds since 1970. */
  readonly now: number;
}

export type Blocked = ReadonlyMap<string, number>;

export interface Admission<T extends Candidate> {
  /** In the order of their start. */
  readonly starts: readonly T[];
  readonly blocked: Blocked;
}

/** What batch may use: what fixed interactive Sessions leave, a quarter of the machine at least. */
export function batchCapacity({
  machine,
  interactive,
}: Pick<Line<never>, "machine" | "interactive">): Demand {
  const left = (whole: number, taken: number) => Math.max(whole - taken, whole * BATCH_PART);
  return {
    cores: left(machine.cores, interactive.cores),
    memoryGiB: left(machine.memoryGiB, interactive.memoryGiB),
    gpus: machine.gpus - interactive.gpus,
  };
}

/**
 * Which Sessions start now; pure. Each start goes to the user who has the least for their weight. Where that user's next
 * Session finds no room, others may start for a while; then everything that becomes free is kept for it. One batch
 * Session runs at any time, whatever interactive ones hold.
 */
export function decideAdmission<T extends Candidate>(line: Line<T>): Admission<T> {
  const capacity = plus(batchCapacity(line), line.ahead);
  const turns = line.users.map((user) => new Turn(user, line.machine));
  const starts: T[] = [];
  const blocked = new Map<string, number>();
  let used = line.batch;
  for (;;) {
    const turn = neediest(turns);
    const head = turn?.head({ used, capacity, among: turns.length }) ?? null;
    if (turn === null) break;
    if (head === null) continue;
    if (fits(head.demand, used, capacity) || line.batchSessions + starts.length === 0) {
      starts.push(head);
      used = plus(used, head.demand);
      turn.start(head);
      continue;
    }
    const since = Math.min(line.blocked.get(head.id) ?? line.now, line.now);
    blocked.set(head.id, since);
    // Who has not been looked at waits no less long for it.
    if (line.now - since >= PATIENCE_MS) return { starts, blocked: new Map([...line.blocked, ...blocked]) };
    turn.pass();
  }
  return { starts, blocked };
}

/** One user's place in the line while it is decided. */
class Turn<T extends Candidate> {
  readonly #user: UserInLine<T>;
  readonly #machine: Demand;
  #running: Demand;
  #group = 0;
  #taken = 0;
  #page: readonly T[] = [];
  #pageAt = 0;
  share: number;
  isOver = false;

  constructor(user: UserInLine<T>, machine: Demand) {
    this.#user = user;
    this.#machine = machine;
    this.#running = user.running;
    this.share = user.share;
  }

  /** What runs for the user, for their weight. */
  get need(): number {
    return this.share / this.#user.weight;
  }

  /** By how much one more Session raises that. */
  get step(): number {
    const group = this.#user.groups[this.#group];
    return group === undefined ? 0 : dominantShare(group.demand, this.#machine) / this.#user.weight;
  }

  get used(): number {
    return this.#user.used / this.#user.weight;
  }

  /**
   * The user's next Session; null, and the turn is over or at the next Group, where there is none.
   *
   * @param room.among users who share what is left: so much is read at a time, not more
   */
  head(room: { used: Demand; capacity: Demand; among: number }): T | null {
    const group = this.#user.groups[this.#group];
    if (group === undefined) {
      this.isOver = true;
      return null;
    }
    const known = this.#page[this.#taken - this.#pageAt];
    if (known !== undefined) return known;
    const share = Math.ceil(roomFor(group.demand, room.used, room.capacity) / room.among);
    const limit = Math.min(group.room - this.#taken, share, PAGE);
    if (limit > 0) this.#page = group.read(limit, this.#taken);
    this.#pageAt = this.#taken;
    const next = limit > 0 ? this.#page[0] : undefined;
    if (next !== undefined) return next;
    this.#nextGroup();
    return null;
  }

  start({ demand }: T): void {
    this.#running = plus(this.#running, demand);
    this.share = dominantShare(this.#running, this.#machine);
    this.#taken += 1;
    if (this.#taken >= (this.#user.groups[this.#group]?.room ?? 0)) this.#nextGroup();
  }

  /** Nothing of this user starts any more: within a user nobody overtakes. */
  pass(): void {
    this.isOver = true;
  }

  #nextGroup(): void {
    this.#group += 1;
    this.#taken = this.#pageAt = 0;
    this.#page = [];
    if (this.#group >= this.#user.groups.length) this.isOver = true;
  }
}

/**
 * The user with the least for their weight. Whom one more Session would bring past others is level with those; among
 * level ones the least used lately goes first, so that shares come out right in the long run though Sessions are whole.
 */
function neediest<T extends Candidate>(turns: readonly Turn<T>[]): Turn<T> | null {
  let least: Turn<T> | null = null;
  for (const turn of turns) {
    if (!turn.isOver && (least === null || turn.need < least.need)) least = turn;
  }
  if (least === null) return null;
  const level = least.need + least.step;
  let next = least;
  for (const turn of turns) {
    if (!turn.isOver && turn !== least && turn.need < level && turn.used < next.used) next = turn;
  }
  return next;
}

import type { Clock } from "../clock.ts";
import type { Log } from "../log.ts";
import type { Records } from "../records/records.ts";
import type { SessionRecord } from "../records/session-store.ts";
import type { Launcher } from "./launcher.ts";
import { LookAhead } from "./look-ahead.ts";

/** Most Sessions that are read from the queue, and put into one plan, at a time. */
const BATCH = 1000;

/** Slots of the machine that one headless Session takes; a Session larger than all slots takes all. */
export function slotsFor(request: { cores?: number | undefined }, total: number): number {
  return request.cores === undefined ? 1 : Math.min(total, Math.max(1, Math.ceil(request.cores)));
}

/** Lets headless Sessions start in the order they came, as many as there are slots. */
export class AdmissionQueue {
  readonly totalSlots: number;
  readonly #records: Records;
  readonly #launcher: Launcher;
  readonly #clock: Clock;
  readonly #log: Log;
  /** Null where the driver starts at once what it is given. */
  readonly #lookAhead: LookAhead | null;
  #stopped = false;

  constructor(options: {
    records: Records;
    launcher: Launcher;
    clock: Clock;
    log: Log;
    totalSlots: number;
    /** Whether the driver keeps waiting what has no slot yet. */
    keepsSlots: boolean;
  }) {
    this.#lookAhead = options.keepsSlots ? new LookAhead() : null;
    this.#log = options.log;
    this.#records = options.records;
    this.#launcher = options.launcher;
    this.#clock = options.clock;
    this.totalSlots = options.totalSlots;
  }

  /** Starts what fits. Strictly first come, first served: a large Session is not overtaken for ever. */
  admit(): void {
    if (this.#stopped) return;
    try {
      this.#launcher.launch(this.#records.write(() => this.#takeFromQueue()));
    } catch (error) {
      // Nothing was admitted. Who called has done its own work already, and the reconciler tries again.
      this.#log.error("the queue could not go on", { error });
    }
  }

  /** Nothing is started any more; what is queued stays so. */
  stop(): void {
    this.#stopped = true;
  }

  #takeFromQueue(): SessionRecord[] {
    const { sessions, groups } = this.#records;
    const now = this.#clock.now();
    const inUse = sessions.slotsInUse();
    const ahead = this.#lookAhead?.size(inUse, now.getTime()) ?? 0;
    let free = this.totalSlots + ahead - inUse;
    // Where the driver has something left, the next ones wait until they are worth a write.
    if (free <= 0 || free < ahead / 2) return [];
    const admitted: SessionRecord[] = [];
    const slotsOf = new Map<string, number>();
    for (const session of sessions.queued(Math.min(free, BATCH))) {
      const slots = slotsOf.get(session.groupId) ?? groups.find(session.groupId)?.slots ?? 1;
      slotsOf.set(session.groupId, slots);
      if (slots > free) break;
      free -= slots;
      this.#lookAhead?.add(slots);
      admitted.push(beginAttempt(this.#records, session, now.toISOString()));
    }
    return admitted;
  }
}

/** Puts on record that the next attempt of a Session begins. Call inside `records.write`. */
export function beginAttempt(records: Records, session: SessionRecord, at: string): SessionRecord {
  const change = {
    phase: "admitted",
    attempt: session.attempt + 1,
    reason: "Starting",
    message: "",
  } as const;
  records.sessions.update(session.id, change);
  records.attempts.begin({ sessionId: session.id, attempt: change.attempt, admittedAt: at });
  return { ...session, ...change };
}

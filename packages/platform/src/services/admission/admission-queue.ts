import type { Clock, Timer } from "../../clock.ts";
import type { Log } from "../../log.ts";
import type { Records } from "../../records/records.ts";
import type { SessionRecord } from "../../records/session-store.ts";
import type { Launcher } from "../launcher.ts";
import { type Admission, type Blocked, decideAdmission } from "./decide-admission.ts";
import { dominantShare, plus, slotsOf } from "./demand.ts";
import type { Ledger } from "./ledger.ts";
import { formLine, hindranceOf, type QueuedSession, type ThoughtOf, untilDue } from "./line.ts";
import { LookAhead } from "./look-ahead.ts";

/** Lets headless Sessions start: as many as there is room for, shared fairly between users. */
export class AdmissionQueue {
  readonly #options;
  /** Null where the driver starts at once what it is given. */
  readonly #lookAhead: LookAhead | null;
  #blocked: Blocked = new Map();
  #timer: Timer | null = null;
  #stopped = false;

  constructor(options: {
    records: Records;
    ledger: Ledger;
    launcher: Launcher;
    /** Weights of users who get more or less than others. */
    weights: Readonly<Record<string, number>>;
    /** Whether the driver keeps waiting what has no slot yet. */
    keepsSlots: boolean;
    clock: Clock;
    log: Log;
  }) {
    this.#options = options;
    this.#lookAhead = options.keepsSlots ? new LookAhead() : null;
  }

  /**
   * Who would start now; changes nothing.
   *
   * @param also a Group that is only thought of
   */
  decide(also?: ThoughtOf): Admission<QueuedSession> {
    const { records, ledger, weights, clock } = this.#options;
    const now = clock.now().getTime();
    const { capacity, load } = ledger;
    const inUse = slotsOf(load.batch, capacity);
    // What interactive Sessions hold, the driver that keeps slots does not know of.
    const isShared = dominantShare(load.interactive, capacity.machine) > 0;
    const ahead = isShared ? 0 : (this.#lookAhead?.size(inUse, now) ?? 0);
    // Where the driver has something left, the next ones wait until they are worth a write.
    if (capacity.places + ahead - inUse < ahead / 2) return { starts: [], blocked: this.#blocked };
    const line = formLine({
      ...{ ledger, queue: records.queue, weights, blocked: this.#blocked, ahead, now },
      ...(also === undefined ? {} : { also }),
    });
    return decideAdmission(line);
  }

  /** Starts what may start now, and comes back by itself when the next back-off is over. */
  admit(): void {
    if (this.#stopped) return;
    try {
      this.#options.launcher.launch(this.#start());
    } catch (error) {
      // Nothing was admitted. Who called has done its own work already, and the reconciler tries again.
      this.#options.log.error("the queue could not go on", { error });
    }
    this.#comeBack();
  }

  /** Nothing is started any more; what is queued stays so. */
  stop(): void {
    this.#stopped = true;
    this.#timer?.cancel();
  }

  #start(): SessionRecord[] {
    const { records } = this.#options;
    const { starts, blocked } = this.decide();
    this.#blocked = blocked;
    const sessions = starts.flatMap(({ session }) => session ?? []);
    return sessions.length === 0 ? [] : records.write(() => this.#begin(sessions));
  }

  #begin(sessions: readonly SessionRecord[]): SessionRecord[] {
    const { ledger } = this.#options;
    const before = ledger.load.batch;
    const begun = sessions.map((session) => ledger.beginAttempt(session));
    this.#lookAhead?.add(slotsOf(plus(ledger.load.batch, before, -1), ledger.capacity));
    const retried = sessions.filter(({ notBefore }) => notBefore !== "").map(({ groupId }) => groupId);
    for (const groupId of new Set(retried)) {
      const standing = ledger.standing(groupId);
      if (standing !== null) ledger.refreshDue(standing);
    }
    return begun;
  }

  #comeBack(): void {
    const { ledger, clock } = this.#options;
    const now = clock.now().getTime();
    let next = Infinity;
    for (const standing of ledger.standings()) {
      // What is due already waits for room, and whoever makes room calls.
      if (standing.backingOff > 0 && hindranceOf(standing, now) === "BackOff")
        next = Math.min(next, untilDue(standing, now) ?? Infinity);
    }
    this.#timer?.cancel();
    this.#timer = next === Infinity ? null : clock.setTimer(next, () => this.admit());
  }
}

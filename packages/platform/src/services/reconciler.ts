import type { Observation, SessionDriver, SessionRef } from "@canfar/drivers";
import type { Clock, Timer } from "../clock.ts";
import type { Log } from "../log.ts";
import type { Records } from "../records/records.ts";
import type { SessionRecord } from "../records/session-store.ts";
import type { AdmissionQueue } from "./admission/admission-queue.ts";
import type { Launcher } from "./launcher.ts";
import type { SessionObserver } from "./session-observer.ts";

/**
 * Compares the records with what the driver knows, at start and on a timer. The driver is right about what runs and
 * what ended; the records are right about what was asked for.
 */
export class Reconciler {
  readonly #options;
  #timer: Timer | null = null;
  #stopped = false;

  constructor(options: {
    driver: SessionDriver;
    records: Records;
    launcher: Launcher;
    observer: SessionObserver;
    queue: AdmissionQueue;
    clock: Clock;
    log: Log;
    graceSeconds: number;
    intervalMs: number;
  }) {
    this.#options = options;
  }

  /** Reconciles now and from then on. Resolves after the first time. */
  async start(): Promise<void> {
    await this.reconcile();
    this.#schedule();
  }

  stop(): void {
    this.#stopped = true;
    this.#timer?.cancel();
  }

  #schedule(): void {
    if (this.#stopped) return;
    const { clock, log, intervalMs } = this.#options;
    this.#timer = clock.setTimer(intervalMs, () => {
      this.reconcile()
        .catch((error: unknown) => log.error("reconciling failed", { error }))
        .finally(() => this.#schedule());
    });
  }

  async reconcile(): Promise<void> {
    const { driver, records, observer, queue, launcher, log } = this.#options;
    // Only what the driver must know when it is asked can be missing from its answer.
    const settled = records.sessions.active().filter(({ id }) => !launcher.isUnderway(id));
    const before = new Set(settled.map(({ id }) => id));
    const known = await driver.list();
    if (this.#stopped) return;
    observer.apply(known);
    const present = new Set(known.map(attemptKey));
    const active = records.sessions.active();
    const missing = active.filter((session) => before.has(session.id) && !this.#isKnown(session, present));
    const accepted = missing.filter(({ phase }) => phase === "starting" || phase === "running");
    const never = missing.filter(({ phase }) => phase === "admitted" || phase === "preparing");
    if (missing.length > 0) {
      log.warn("Sessions are missing", { relaunched: never.length, lost: accepted.length });
    }
    observer.apply(accepted.map((session) => this.#lost(session)));
    this.#startAgain(never);
    await this.#stopUnwanted(active.filter((session) => this.#isKnown(session, present)));
    queue.admit();
  }

  #isKnown(session: SessionRecord, present: ReadonlySet<string>): boolean {
    return (
      present.has(attemptKey({ sessionId: session.id, attempt: session.attempt })) ||
      this.#options.launcher.isUnderway(session.id)
    );
  }

  /** The driver never accepted these: launching them is no second run. Those that nobody wants any more just end. */
  #startAgain(sessions: readonly SessionRecord[]): void {
    const { launcher, observer } = this.#options;
    const unwanted = sessions.filter(({ stopCause }) => stopCause !== null);
    observer.apply(
      unwanted.map((session) => this.#ended(session, "stopped", "it was ended before it started")),
    );
    launcher.launch(sessions.filter(({ stopCause }) => stopCause === null));
  }

  /** Orders to end that were lost in a crash, or that the driver could not take, are given again. */
  async #stopUnwanted(sessions: readonly SessionRecord[]): Promise<void> {
    const { driver, graceSeconds } = this.#options;
    const refs: SessionRef[] = sessions
      .filter(({ stopCause }) => stopCause !== null)
      .map(({ id, attempt }) => ({ sessionId: id, attempt }));
    if (refs.length > 0) await driver.stop(refs, { graceSeconds });
  }

  #lost(session: SessionRecord): Observation {
    return this.#ended(session, "lost", "it ended while nobody could see how");
  }

  #ended(session: SessionRecord, cause: "lost" | "stopped", message: string): Observation {
    return {
      ...{ sessionId: session.id, attempt: session.attempt, phase: "ended", ready: false },
      at: this.#options.clock.now().toISOString(),
      ...{ reason: cause === "lost" ? "Lost" : "Stopped", message },
      outcome: { exitCode: null, signal: null, outOfMemory: false, cause },
    };
  }
}

/** An earlier attempt of the same Session may still be known. */
function attemptKey({ sessionId, attempt }: SessionRef): string {
  return `${sessionId}.${attempt}`;
}

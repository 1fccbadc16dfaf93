import { setImmediate as nextTurn } from "node:timers/promises";
import type { CanfarError } from "@canfar/contract";
import type {
  DoomedLogs,
  DriverDescription,
  GroupLogPart,
  LaunchPlan,
  LogLine,
  LogRef,
  Observation,
  PlannedImage,
  PlannedReplica,
  ReadGroupLogOptions,
  ReadLogOptions,
  SessionDriver,
  SessionOutcome,
  SessionRef,
  SessionUsage,
} from "@canfar/drivers";
import { FakeLog } from "./fake-log.ts";
import { runFakeProgram } from "./fake-program.ts";

/** The part of the platform's clock that the fake driver needs; `ManualClock` fits. */
export interface FakeClock {
  now(): Date;
  setTimer(milliseconds: number, callback: () => void): { cancel(): void };
}

const WALL_CLOCK: FakeClock = {
  now: () => new Date(),
  setTimer(milliseconds, callback) {
    // Above 2^31 ms Node would call back at once.
    const timer = setTimeout(callback, Math.min(milliseconds, 2 ** 31 - 1)).unref();
    return { cancel: () => clearTimeout(timer) };
  },
};

interface FakeAttempt {
  readonly plan: LaunchPlan;
  readonly replica: PlannedReplica;
  observation: Observation;
  readonly timers: { cancel(): void }[];
}

type Operation = "launch" | "stop" | "list" | "forget" | "prepareImage";

/**
 * A driver that keeps everything in memory: programs are imitated (see `runFakeProgram`), interactive Sessions are ready
 * at once on a port that nobody serves. It outlives the platforms that use it, as a real backend does: give the same
 * object to the next one. Methods named `…ForTest` move it and break it.
 */
export class FakeDriver implements SessionDriver {
  readonly name = "fake";
  /** All plans that were launched, oldest first. */
  readonly plansForTest: LaunchPlan[] = [];
  readonly #clock: FakeClock;
  readonly #attempts = new Map<string, FakeAttempt>();
  /** By the Group. */
  readonly #logs = new Map<string, FakeLog>();
  readonly #listeners = new Set<(observation: Observation) => void>();
  readonly #faults = new Map<Operation, (Error | CanfarError)[]>();
  #held = false;
  #muted = false;

  readonly #capacity: DriverDescription["capacity"];

  constructor(options: { clock?: FakeClock; capacity?: Partial<DriverDescription["capacity"]> } = {}) {
    this.#clock = options.clock ?? WALL_CLOCK;
    this.#capacity = { cores: 4, memoryGiB: 16, gpus: 0, ...options.capacity };
  }

  async describe(): Promise<DriverDescription> {
    const kinds = ["notebook", "desktop", "carta", "contributed", "firefly", "headless"] as const;
    return {
      keepsSlots: false,
      summary: "nothing really runs",
      notices: [],
      kinds,
      capacity: this.#capacity,
    };
  }

  async launch(plan: LaunchPlan): Promise<void> {
    this.#breakIfAsked("launch");
    this.plansForTest.push(plan);
    for (const replica of plan.replicas) {
      if (this.#attempts.has(keyOf(replica))) continue;
      const { sessionId, attempt } = replica;
      const observation: Observation = {
        ...{ sessionId, attempt, phase: "starting", at: this.#now(), ready: false },
        ...{ reason: "Starting", message: "accepted" },
      };
      const entry: FakeAttempt = { plan, replica, observation, timers: [] };
      this.#attempts.set(keyOf(replica), entry);
      this.#log(plan.group);
      this.#change(entry, {});
      void nextTurn().then(() => {
        if (!this.#held) this.#start(entry);
      });
    }
  }

  #start(entry: FakeAttempt): void {
    if (entry.observation.phase !== "starting") return;
    const { plan, replica } = entry;
    if (plan.image.id.includes("broken")) {
      this.#end(
        entry,
        { exitCode: null, cause: "not-started" },
        "ImageFailed",
        "the image could not be prepared",
      );
      return;
    }
    const ready = plan.service === null;
    this.#change(entry, {
      phase: "running",
      startedAt: this.#now(),
      ready,
      reason: "Started",
      message: "it runs",
    });
    if (!ready) this.readyForTest(replica.sessionId);
    this.#later(entry, plan.lifetimeSeconds * 1000, () =>
      this.#end(
        entry,
        { exitCode: 143, signal: "SIGTERM", cause: "deadline" },
        "DeadlineExceeded",
        "its time is over",
      ),
    );
    const run = runFakeProgram(plan.argv ?? [], { ...plan.env, ...replica.env });
    for (const { stream, text } of run.output) this.printForTest(replica.sessionId, text, stream);
    if (run.exitCode === null) return;
    const { exitCode } = run;
    const finish = () => this.endForTest(replica.sessionId, { exitCode });
    if (run.afterMs === undefined) finish();
    else this.#later(entry, run.afterMs, finish);
  }

  async stop(sessions: readonly SessionRef[], _options: { graceSeconds: number }): Promise<void> {
    this.#breakIfAsked("stop");
    for (const ref of sessions) {
      const entry = this.#attempts.get(keyOf(ref));
      if (entry === undefined) continue;
      void nextTurn().then(() =>
        this.#end(
          entry,
          { exitCode: 143, signal: "SIGTERM", cause: "stopped" },
          "Stopped",
          "ended on request",
        ),
      );
    }
  }

  async list(): Promise<readonly Observation[]> {
    this.#breakIfAsked("list");
    return [...this.#attempts.values()].map(({ observation }) => observation);
  }

  observe(listener: (observation: Observation) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  async forget(sessions: readonly SessionRef[]): Promise<void> {
    this.#breakIfAsked("forget");
    for (const ref of sessions) {
      if (this.#attempts.get(keyOf(ref))?.observation.phase === "ended") this.#attempts.delete(keyOf(ref));
    }
  }

  async *readLog(log: LogRef, options: ReadLogOptions): AsyncGenerator<readonly LogLine[]> {
    const { group, sessionId, attempt } = log;
    const isOver = () => (this.#attempts.get(keyOf(log))?.observation.phase ?? "ended") === "ended";
    const query = { ...options, sessionIds: new Set([sessionId]), attempt, isOver };
    for await (const { lines } of this.#log(group).read(query)) yield lines;
  }

  readGroupLog(group: string, options: ReadGroupLogOptions): AsyncIterable<GroupLogPart> {
    const { followUntil, ...rest } = options;
    const log = this.#log(group);
    let isOver = false;
    void followUntil?.then(() => {
      isOver = true;
      log.wake();
    });
    return log.read({ ...rest, follow: followUntil !== null, isOver: () => isOver });
  }

  async deleteLogs(logs: readonly DoomedLogs[]): Promise<void> {
    for (const { group, sessionId } of logs) this.#log(group).delete(sessionId);
  }

  #log(group: string): FakeLog {
    const log = this.#logs.get(group) ?? new FakeLog();
    this.#logs.set(group, log);
    return log;
  }

  async prepareImage(image: PlannedImage, report: (message: string) => void): Promise<void> {
    this.#breakIfAsked("prepareImage");
    report(`Pulling image ${image.id}`);
  }

  async close(): Promise<void> {
    this.#listeners.clear();
  }

  /** Keeps new attempts in phase `starting` until `releaseForTest`. */
  holdForTest(): void {
    this.#held = true;
  }

  /** Starts what was held back. */
  releaseForTest(): void {
    this.#held = false;
    for (const entry of this.#attempts.values()) this.#start(entry);
  }

  /** Ends the newest attempt of a Session, as its program would. @param end an exit code of 0 if nothing is said */
  endForTest(sessionId: string, end: Partial<SessionOutcome> & { usage?: SessionUsage } = {}): void {
    const { usage, ...outcome } = end;
    const full: SessionOutcome = {
      exitCode: 0,
      signal: null,
      outOfMemory: false,
      cause: "exited",
      ...outcome,
    };
    const entry = this.#newest(sessionId);
    if (usage !== undefined) this.#change(entry, { usage });
    const reason = full.outOfMemory ? "OOMKilled" : full.exitCode === 0 ? "Completed" : "Error";
    this.#end(
      entry,
      full,
      reason,
      `exited with code ${full.exitCode ?? "unknown"}${notFound(full.exitCode)}`,
    );
  }

  /** Makes an interactive Session ready where the proxy can reach it. */
  readyForTest(
    sessionId: string,
    endpoint: { host: string; port: number } = { host: "127.0.0.1", port: 9 },
  ): void {
    this.#change(this.#newest(sessionId), {
      ready: true,
      endpoint,
      reason: "Ready",
      message: "it answers on its port",
    });
  }

  /** One line of output of the newest attempt. */
  printForTest(sessionId: string, text: string, stream: LogLine["stream"] = "stdout"): void {
    const { plan, replica } = this.#newest(sessionId);
    const line = { time: this.#logTime(), stream, text, partial: false };
    this.#log(plan.group).append({ ...replica, replicaIndex: replica.index }, line);
  }

  /** Reports something in between, a step of an image for example. */
  reportForTest(sessionId: string, change: Partial<Observation>): void {
    this.#change(this.#newest(sessionId), change);
  }

  /** The backend loses an attempt without a word: from now on it is absent from `list()`. */
  loseForTest(sessionId: string): void {
    const entry = this.#newest(sessionId);
    for (const timer of entry.timers) timer.cancel();
    this.#attempts.delete(keyOf(entry.replica));
  }

  /** Observations get lost until `unmuteForTest`; `list()` still tells the truth. */
  muteForTest(): void {
    this.#muted = true;
  }

  unmuteForTest(): void {
    this.#muted = false;
  }

  /** The next call of this operation throws; several faults are thrown one after the other. */
  failNextForTest(operation: Operation, error: Error | CanfarError): void {
    this.#faults.set(operation, [...(this.#faults.get(operation) ?? []), error]);
  }

  #breakIfAsked(operation: Operation): void {
    const fault = this.#faults.get(operation)?.shift();
    if (fault !== undefined) throw fault;
  }

  #newest(sessionId: string): FakeAttempt {
    const entries = [...this.#attempts.values()].filter(({ replica }) => replica.sessionId === sessionId);
    const newest = entries.sort((a, b) => b.replica.attempt - a.replica.attempt)[0];
    if (newest === undefined) throw new Error(`the fake driver knows no session ${sessionId}`);
    return newest;
  }

  #later(entry: FakeAttempt, milliseconds: number, callback: () => void): void {
    entry.timers.push(this.#clock.setTimer(milliseconds, callback));
  }

  #end(
    entry: FakeAttempt,
    end: Partial<SessionOutcome> & Pick<SessionOutcome, "exitCode" | "cause">,
    reason: string,
    message: string,
  ): void {
    if (entry.observation.phase === "ended") return;
    for (const timer of entry.timers) timer.cancel();
    const { endpoint: _, ...before } = entry.observation;
    entry.observation = before;
    const outcome: SessionOutcome = { signal: null, outOfMemory: false, ...end };
    this.#change(entry, { phase: "ended", ready: false, reason, message, outcome });
    this.#log(entry.plan.group).wake();
  }

  #change(entry: FakeAttempt, change: Partial<Observation>): void {
    entry.observation = { ...entry.observation, at: this.#now(), ...change };
    if (this.#muted) return;
    for (const listener of this.#listeners) listener(entry.observation);
  }

  #now(): string {
    return this.#clock.now().toISOString();
  }

  #logTime(): string {
    return `${this.#now().slice(0, -1)}000Z`;
  }
}

function keyOf({ sessionId, attempt }: SessionRef): string {
  return `${sessionId}.${attempt}`;
}

function notFound(exitCode: number | null): string {
  return exitCode === 127 ? ": the program was not found" : "";
}

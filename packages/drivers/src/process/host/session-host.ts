import { mkdirSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import type { Observation, PlannedReplica, SessionRef } from "../../session-driver.ts";
import { Attempt, type Surroundings } from "./attempt.ts";
import type { Journal } from "./journal.ts";
import { attemptKey, type HostLaunch, type SessionCall } from "./protocol.ts";

/** Starts in a row before other work gets its turn: starting blocks the loop for a millisecond each. */
const STARTS_IN_A_ROW = 4;
const USAGE_SAMPLE_MS = 10_000;
const JOURNAL_RETRY_MS = 1_000;

/** Owns the attempts of all Sessions on this machine: starts, adopts, stops and remembers them. */
export class SessionHost {
  readonly #journal: Journal;
  readonly #surroundings: Surroundings;
  readonly #attempts = new Map<string, Attempt>();
  /** Ends that nobody has asked to forget. */
  readonly #ended: Map<string, Observation>;
  /** Attempts that have ended and are not tidied up yet. */
  readonly #finishing = new Set<Attempt>();
  readonly #waiting = new Set<Attempt>();
  readonly #listeners = new Set<(observation: Observation) => void>();
  #starting = false;

  constructor(options: { journal: Journal; surroundings: Surroundings }) {
    this.#journal = options.journal;
    this.#surroundings = options.surroundings;
    this.#ended = new Map(options.journal.ended);
    mkdirSync(options.surroundings.runFolder, { recursive: true, mode: 0o700 });
    setInterval(() => this.#sampleUsage(), USAGE_SAMPLE_MS).unref();
  }

  /** Takes up what an earlier host accepted: adopts what runs, starts what it had not started. */
  recover(): void {
    for (const launch of this.#journal.launches) {
      for (const replica of launch.plan.replicas) {
        const attempt = this.#add(launch, replica);
        if (!attempt.adopt()) this.#waiting.add(attempt);
      }
    }
    this.#removeLeftFolders();
    this.#startWaiting();
  }

  /** Of attempts whose end is on record, and whose host was killed before it tidied up. */
  #removeLeftFolders(): void {
    const { runFolder } = this.#surroundings;
    for (const name of readdirSync(runFolder)) {
      if (this.#attempts.has(name)) continue;
      rmSync(join(runFolder, name), { recursive: true, force: true });
      this.#surroundings.cgroups?.remove(name);
    }
  }

  /** True while ending would leave something undone. */
  get isBusy(): boolean {
    return this.#attempts.size > 0 || this.#finishing.size > 0;
  }

  observe(listener: (observation: Observation) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** @throws the file system's error where the journal cannot be written: then nothing was promised */
  handle(call: SessionCall): readonly Observation[] | null {
    switch (call.call) {
      case "launch":
        this.#launch(call.launch);
        return null;
      case "stop":
        for (const ref of call.sessions) this.#stop(ref, call.graceSeconds);
        return null;
      case "forget":
        this.#forget(call.sessions);
        return null;
      case "list":
        return [
          ...this.#ended.values(),
          ...[...this.#attempts.values()].map(({ observation }) => observation),
        ];
    }
  }

  /** Lets go of everything that runs, for the next host. */
  async release(): Promise<void> {
    await Promise.all([...this.#attempts.values()].map((attempt) => attempt.release()));
  }

  #launch(launch: HostLaunch): void {
    const replicas = launch.plan.replicas.filter((replica) => !this.#knows(replica));
    if (replicas.length === 0) return;
    const fresh = { ...launch, plan: { ...launch.plan, replicas } };
    this.#journal.accept(fresh);
    for (const replica of replicas) this.#waiting.add(this.#add(fresh, replica));
    this.#startWaiting();
  }

  #knows(ref: SessionRef): boolean {
    return this.#attempts.has(attemptKey(ref)) || this.#ended.has(attemptKey(ref));
  }

  #add({ plan, environment }: HostLaunch, replica: PlannedReplica): Attempt {
    const attempt: Attempt = new Attempt({
      ...{ plan, replica, environment, surroundings: this.#surroundings },
      onChange: (observation) => this.#changed(attempt, observation),
    });
    this.#attempts.set(attemptKey(replica), attempt);
    return attempt;
  }

  #startWaiting(): void {
    if (this.#starting || this.#waiting.size === 0) return;
    this.#starting = true;
    setImmediate(() => {
      this.#starting = false;
      for (const attempt of [...this.#waiting].slice(0, STARTS_IN_A_ROW)) {
        this.#waiting.delete(attempt);
        void attempt.start();
      }
      this.#startWaiting();
    });
  }

  #stop(ref: SessionRef, graceSeconds: number): void {
    const attempt = this.#attempts.get(attemptKey(ref));
    if (attempt === undefined) return;
    if (this.#waiting.delete(attempt)) void attempt.cancel();
    else attempt.stop({ graceSeconds, cause: "stopped" });
  }

  #forget(refs: readonly SessionRef[]): void {
    const known = refs.filter((ref) => this.#ended.has(attemptKey(ref)));
    if (known.length === 0) return;
    this.#journal.forget(known.map(({ sessionId, attempt }) => ({ sessionId, attempt })));
    for (const ref of known) this.#ended.delete(attemptKey(ref));
  }

  #changed(attempt: Attempt, observation: Observation): void {
    if (observation.phase === "ended") this.#remember(attempt, observation);
    for (const listener of this.#listeners) listener(observation);
  }

  /** Puts an end on record before anyone hears of it; on a full disk it is tried again, and memory keeps it until then. */
  #remember(attempt: Attempt, observation: Observation): void {
    const key = attemptKey(observation);
    this.#finishing.add(attempt);
    this.#attempts.delete(key);
    this.#ended.set(key, observation);
    const write = () => {
      try {
        this.#journal.end(observation);
        if (!this.#ended.has(key)) this.#journal.forget([observation]); // Somebody was quicker than the disk.
      } catch {
        setTimeout(write, JOURNAL_RETRY_MS); // Only a full disk comes here.
        return;
      }
      void attempt.tidy().finally(() => this.#finishing.delete(attempt));
    };
    write();
  }

  #sampleUsage(): void {
    for (const attempt of this.#attempts.values()) attempt.sampleUsage();
  }
}

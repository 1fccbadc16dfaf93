import { readdirSync } from "node:fs";
import type { Observation, PlannedReplica, SessionRef } from "../../session-driver.ts";
import { Attempt, type Surroundings } from "./attempt.ts";
import { AttemptMark, keyOfMark } from "./attempt-mark.ts";
import type { Journal } from "./journal.ts";
import { attemptKey, type HostLaunch, type SessionCall } from "./protocol.ts";
import { StartQueue } from "./start-queue.ts";

const USAGE_SAMPLE_MS = 10_000;
const JOURNAL_RETRY_MS = 1_000;
/** Within this time, what happens is put on record with one write and told with one message. */
const TOGETHER_MS = 4;

type Listener = (observations: readonly Observation[]) => void;

/** Owns the attempts of all Sessions on this machine: starts, adopts, stops and remembers them. */
export class SessionHost {
  readonly #journal: Journal;
  readonly #surroundings: Surroundings;
  readonly #attempts = new Map<string, Attempt>();
  /** Ends that nobody has asked to forget. */
  readonly #ended: Map<string, Observation>;
  /** Attempts that have ended and are not tidied up yet. */
  readonly #finishing = new Map<string, Attempt>();
  readonly #queue: StartQueue;
  readonly #listeners = new Set<Listener>();
  /** Not told yet, in order. */
  #news: Observation[] = [];

  /** @param options.slots how many slots Sessions that wait for them may take at the same time */
  constructor(options: { journal: Journal; surroundings: Surroundings; slots: number }) {
    this.#journal = options.journal;
    this.#surroundings = options.surroundings;
    this.#queue = new StartQueue(options.slots);
    this.#ended = new Map(options.journal.ended);
    setInterval(() => this.#sampleUsage(), USAGE_SAMPLE_MS).unref();
  }

  /** Takes up what an earlier host accepted: adopts what runs, starts what it had not started. */
  recover(): void {
    for (const launch of this.#journal.launches) {
      for (const replica of launch.plan.replicas) {
        const attempt = this.#add(launch, replica);
        if (attempt.adopt()) this.#queue.occupy(attempt);
        else this.#queue.add(attempt);
      }
    }
    this.#removeLeftMarks();
  }

  /** Of attempts whose end is on record, and whose host was killed before it tidied up. */
  #removeLeftMarks(): void {
    const { marksFolder } = this.#surroundings;
    for (const key of new Set(readdirSync(marksFolder).map(keyOfMark))) {
      if (!this.#attempts.has(key)) new AttemptMark(marksFolder, key).remove({ wasStopped: true });
    }
  }

  /** True while ending would leave something undone. */
  get isBusy(): boolean {
    return this.#attempts.size > 0 || this.#finishing.size > 0;
  }

  observe(listener: Listener): () => void {
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
    this.#tell();
    this.#surroundings.lanes.release();
    await Promise.all([...this.#attempts.values()].map((attempt) => attempt.release()));
  }

  #launch(launch: HostLaunch): void {
    const replicas = launch.plan.replicas.filter((replica) => !this.#knows(replica));
    if (replicas.length === 0) return;
    const fresh = { ...launch, plan: { ...launch.plan, replicas } };
    this.#journal.accept(fresh);
    for (const replica of replicas) this.#queue.add(this.#add(fresh, replica));
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

  #stop(ref: SessionRef, graceSeconds: number): void {
    const attempt = this.#attempts.get(attemptKey(ref));
    if (attempt === undefined) return;
    if (this.#queue.remove(attempt)) void attempt.cancel();
    else attempt.stop({ graceSeconds, cause: "stopped" });
  }

  #forget(refs: readonly SessionRef[]): void {
    const known = refs.filter((ref) => this.#ended.has(attemptKey(ref)));
    if (known.length === 0) return;
    this.#journal.forget(known.map(({ sessionId, attempt }) => ({ sessionId, attempt })));
    for (const ref of known) this.#ended.delete(attemptKey(ref));
  }

  #changed(attempt: Attempt, observation: Observation): void {
    if (observation.phase === "ended") {
      const key = attemptKey(observation);
      this.#finishing.set(key, attempt);
      this.#queue.free(attempt);
    }
    this.#news.push(observation);
    if (this.#news.length === 1) setTimeout(() => this.#tell(), TOGETHER_MS);
  }

  /** Puts ends on record before anyone hears of them; on a full disk both wait, and memory keeps them until then. */
  #tell(): void {
    const news = this.#news;
    if (news.length === 0) return;
    const ends = news.filter(({ phase }) => phase === "ended");
    try {
      if (ends.length > 0) this.#journal.end(ends);
    } catch {
      setTimeout(() => this.#tell(), JOURNAL_RETRY_MS); // Only a full disk comes here.
      return;
    }
    this.#news = [];
    for (const end of ends) this.#remember(end);
    for (const listener of this.#listeners) listener(news);
  }

  #remember(end: Observation): void {
    const key = attemptKey(end);
    this.#attempts.delete(key);
    this.#ended.set(key, end);
    void this.#finishing
      .get(key)
      ?.tidy()
      .finally(() => this.#finishing.delete(key));
  }

  #sampleUsage(): void {
    for (const attempt of this.#attempts.values()) attempt.sampleUsage();
  }
}

import { mkdirSync } from "node:fs";
import { availableParallelism, totalmem } from "node:os";
import { join } from "node:path";
import { CanfarError } from "@canfar/contract";
import type {
  DoomedLogs,
  DriverDescription,
  GroupLogPart,
  LaunchPlan,
  LogLine,
  LogRef,
  Observation,
  PlannedImage,
  ReadGroupLogOptions,
  ReadLogOptions,
  SessionDriver,
  SessionRef,
} from "../session-driver.ts";
import { openCgroups } from "./cgroup/cgroup.ts";
import { attemptKey } from "./host/protocol.ts";
import { HostConnection } from "./host-connection.ts";
import type { ImageEnvironment, ImageEnvironments } from "./image-environment.ts";
import { deleteGroupLogs, deleteSessionLogs } from "./logs/delete-logs.ts";
import { followingUntil, readLogs } from "./logs/read-logs.ts";
import { groupFolder } from "./logs/segments.ts";
import { type Isolation, whyNoBubblewrap } from "./sandbox/isolation.ts";
import { linkArc } from "./sandbox/plain.ts";

export interface ProcessDriverOptions {
  /** The platform's data folder. */
  readonly dataFolder: string;
  readonly environments: ImageEnvironments;
  /** `auto` takes bubblewrap where it works. */
  readonly sandbox?: "auto" | "bubblewrap" | "none";
  /** Variables for every Session, from the operator: proxies, certificates. */
  readonly passEnvironment?: Readonly<Record<string, string>>;
  /** Slots that headless Sessions take; twice the processors by default. */
  readonly slots?: number;
  /** Whether control groups limit and count what Sessions use, where this machine has them; yes by default. */
  readonly controlGroups?: boolean;
  /** Whether `/arc` of this machine may be made a link to the platform's where there is no sandbox; yes by default. */
  readonly mayLinkArc?: boolean;
}

const GIB = 1024 ** 3;

/** Runs Sessions as processes of this machine, in bubblewrap sandboxes where that works, owned by a session host. */
export class ProcessDriver implements SessionDriver {
  readonly name = "process";
  readonly #options: ProcessDriverOptions;
  readonly #isolation: Isolation;
  readonly #notices: readonly string[];
  readonly #host: HostConnection;
  readonly #logFolder: string;
  readonly #listeners = new Set<(observation: Observation) => void>();
  /** Attempts whose image is being prepared: known to this driver, not yet to the host. */
  readonly #preparing = new Map<string, { observation: Observation; stopped: boolean }>();
  /** Ends of attempts that the host never got. */
  readonly #neverStarted = new Map<string, Observation>();
  readonly #ended = new Set<string>();
  readonly #live = new Set<string>();

  private constructor(
    options: ProcessDriverOptions,
    isolation: Isolation,
    notices: readonly string[],
    arcLinked: boolean,
  ) {
    this.#options = options;
    this.#isolation = isolation;
    this.#notices = notices;
    this.#logFolder = join(options.dataFolder, "logs");
    mkdirSync(this.#logFolder, { recursive: true, mode: 0o700 });
    this.#host = new HostConnection({
      dataFolder: options.dataFolder,
      host: {
        isolation,
        arcLinked,
        controlGroups: options.controlGroups ?? true,
        slots: options.slots ?? 2 * availableParallelism(),
        logFolder: this.#logFolder,
        passEnvironment: options.passEnvironment ?? {},
      },
      onObservation: (observation) => this.#tell(observation),
    });
  }

  /**
   * @throws CanfarError `platform.start_failed` where bubblewrap was asked for and does not work
   */
  static async open(options: ProcessDriverOptions): Promise<ProcessDriver> {
    const wanted = options.sandbox ?? "auto";
    const whyNot = wanted === "none" ? "the configuration says so" : whyNoBubblewrap();
    if (wanted === "bubblewrap" && whyNot !== null) {
      throw new CanfarError("platform.start_failed", { message: `no sandbox: ${whyNot}` });
    }
    const isolation: Isolation = whyNot === null ? "bubblewrap" : "plain";
    const arcProblem =
      options.mayLinkArc === false
        ? "the configuration says so"
        : linkArcIfPlain(isolation, options.dataFolder);
    const notices = describeLosses(whyNot, arcProblem);
    const driver = new ProcessDriver(
      options,
      isolation,
      notices,
      isolation === "plain" && arcProblem === null,
    );
    await driver.#host.open();
    await driver.list(); // So that logs of Sessions that run already can be followed.
    return driver;
  }

  async describe(): Promise<DriverDescription> {
    const summary =
      this.#isolation === "bubblewrap" ? "processes in bubblewrap sandboxes" : "plain processes";
    // In a container the machine's memory is not all ours; no constraint reads as 0 or as an absurd number.
    const memory = Math.min(totalmem(), process.constrainedMemory() || totalmem());
    const capacity = { cores: availableParallelism(), memoryGiB: memory / GIB, gpus: 0 };
    const kinds = ["notebook", "contributed", "headless"] as const;
    return { summary, notices: this.#notices, capacity, kinds, keepsSlots: true };
  }

  /**
   * Resolves when the plan is taken over. While its image is prepared the attempts are in this driver only: if the
   * platform dies then, they are simply absent from `list()` and are launched again.
   */
  async launch(plan: LaunchPlan): Promise<void> {
    const fresh = plan.replicas.filter((replica) => !this.#knows(replica));
    if (fresh.length === 0) return;
    let message = `Pulling image ${plan.image.id}`;
    const report = (text: string) => {
      message = text;
      this.#prepare(fresh, text);
    };
    for (const replica of fresh)
      this.#preparing.set(attemptKey(replica), { observation: preparing(replica, message), stopped: false });
    let environment: ImageEnvironment;
    try {
      environment = await this.#options.environments.ensure(plan.image, report);
    } catch (error) {
      this.#failPreparation(fresh, error as Error);
      return;
    }
    const replicas = fresh.filter((replica) => this.#preparing.get(attemptKey(replica))?.stopped === false);
    try {
      if (replicas.length > 0) {
        await this.#host.call({ call: "launch", launch: { plan: { ...plan, replicas }, environment } });
        for (const replica of replicas)
          if (!this.#ended.has(attemptKey(replica))) this.#live.add(attemptKey(replica));
      }
    } finally {
      for (const replica of fresh) this.#preparing.delete(attemptKey(replica));
    }
  }

  #knows(ref: SessionRef): boolean {
    return this.#preparing.has(attemptKey(ref)) || this.#neverStarted.has(attemptKey(ref));
  }

  #prepare(refs: readonly SessionRef[], message: string): void {
    for (const ref of refs) {
      const entry = this.#preparing.get(attemptKey(ref));
      if (entry === undefined || entry.stopped) continue;
      entry.observation = preparing(ref, message);
      this.#tell(entry.observation);
    }
  }

  #failPreparation(refs: readonly SessionRef[], error: Error): void {
    const hint = error instanceof CanfarError && error.hint !== undefined ? `. ${error.hint}` : "";
    const message = `the image could not be prepared: ${error.message}${hint}`;
    for (const ref of refs) {
      const entry = this.#preparing.get(attemptKey(ref));
      this.#preparing.delete(attemptKey(ref));
      if (entry?.stopped === false) {
        this.#endBeforeStart({ ref, cause: "not-started", reason: "ImageFailed", message });
      }
    }
  }

  #endBeforeStart(end: {
    ref: SessionRef;
    cause: "not-started" | "stopped";
    reason: string;
    message: string;
  }): void {
    const { ref, cause, reason, message } = end;
    const outcome = { exitCode: null, signal: null, outOfMemory: false, cause };
    const at = new Date().toISOString();
    const observation: Observation = {
      ...refOf(ref),
      phase: "ended",
      at,
      ready: false,
      reason,
      message,
      outcome,
    };
    this.#neverStarted.set(attemptKey(ref), observation);
    this.#tell(observation);
  }

  async stop(sessions: readonly SessionRef[], options: { graceSeconds: number }): Promise<void> {
    for (const ref of sessions) {
      const entry = this.#preparing.get(attemptKey(ref));
      if (entry === undefined || entry.stopped) continue;
      entry.stopped = true;
      const [reason, message] = ["Stopped", "it was ended on request"];
      this.#endBeforeStart({ ref, cause: "stopped", reason, message });
    }
    await this.#host.call({
      call: "stop",
      sessions: sessions.map(refOf),
      graceSeconds: options.graceSeconds,
    });
  }

  async list(): Promise<readonly Observation[]> {
    const known = (await this.#host.call({ call: "list" })) ?? [];
    for (const observation of known) this.#note(observation);
    const preparing = [...this.#preparing.values()].filter(({ stopped }) => !stopped);
    const own = [...preparing.map(({ observation }) => observation), ...this.#neverStarted.values()];
    // While a launch is on its way both sides may know of it: the host knows more.
    const keys = new Set(known.map(attemptKey));
    return [...known, ...own.filter((observation) => !keys.has(attemptKey(observation)))];
  }

  observe(listener: (observation: Observation) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  async forget(sessions: readonly SessionRef[]): Promise<void> {
    await this.#host.call({ call: "forget", sessions: sessions.map(refOf) });
    for (const key of sessions.map(attemptKey)) {
      this.#ended.delete(key);
      this.#neverStarted.delete(key);
    }
  }

  async *readLog(log: LogRef, options: ReadLogOptions): AsyncGenerator<readonly LogLine[]> {
    const { group, sessionId, attempt } = log;
    const key = attemptKey(log);
    const isOver = () => this.#ended.has(key) || (!this.#live.has(key) && !this.#preparing.has(key));
    const subscribe = (look: () => void) =>
      this.observe((observation) => {
        if (attemptKey(observation) === key) look();
      });
    const parts = readLogs({
      ...{ folder: groupFolder(this.#logFolder, group), sessionIds: new Set([sessionId]), attempt },
      ...{ tail: options.tail, since: options.since, signal: options.signal },
      following: options.follow ? { isOver, subscribe } : null,
    });
    for await (const { lines } of parts) yield lines;
  }

  readGroupLog(group: string, options: ReadGroupLogOptions): AsyncIterable<GroupLogPart> {
    const { followUntil, ...rest } = options;
    const following = followUntil === null ? null : followingUntil(followUntil);
    return readLogs({ ...rest, folder: groupFolder(this.#logFolder, group), following });
  }

  async deleteLogs(logs: readonly DoomedLogs[]): Promise<void> {
    for (const { group, sessionId } of logs) {
      const folder = groupFolder(this.#logFolder, group);
      await (sessionId === undefined ? deleteGroupLogs(folder) : deleteSessionLogs(folder, sessionId));
    }
  }

  async prepareImage(image: PlannedImage, report: (message: string) => void): Promise<void> {
    await this.#options.environments.ensure(image, report);
  }

  async close(): Promise<void> {
    await this.#host.close();
  }

  #tell(observation: Observation): void {
    this.#note(observation);
    for (const listener of this.#listeners) listener(observation);
  }

  #note(observation: Observation): void {
    const key = attemptKey(observation);
    if (observation.phase === "ended") {
      this.#live.delete(key);
      this.#ended.add(key);
    } else this.#live.add(key);
  }
}

function refOf({ sessionId, attempt }: SessionRef): SessionRef {
  return { sessionId, attempt };
}

function preparing(ref: SessionRef, message: string): Observation {
  return {
    ...refOf(ref),
    phase: "preparing",
    at: new Date().toISOString(),
    ready: false,
    reason: "Pulling",
    message,
  };
}

function linkArcIfPlain(isolation: Isolation, dataFolder: string): string | null {
  return isolation === "plain" ? linkArc(join(dataFolder, "arc")) : null;
}

function describeLosses(noSandbox: string | null, arcProblem: string | null): string[] {
  const notices: string[] = [];
  if (noSandbox !== null) {
    notices.push(`Sessions run as plain processes, as you, and see all your files: ${noSandbox}.`);
    if (arcProblem !== null) {
      notices.push(
        `/arc is not at /arc: ${arcProblem}. HOME and the working directory lead to the platform's folder instead.`,
      );
    }
  }
  const cgroups = openCgroups("canfar");
  if (typeof cgroups !== "string") cgroups.close();
  else notices.push(`Memory and CPU limits are not enforced: ${cgroups}.`);
  return notices;
}

import { type ChildProcess, spawn } from "node:child_process";
import { join } from "node:path";
import type {
  LaunchPlan,
  Observation,
  PlannedReplica,
  SessionOutcome,
  SessionUsage,
} from "../../session-driver.ts";
import type { Cgroups } from "../cgroup/cgroup.ts";
import type { ImageEnvironment } from "../image-environment.ts";
import type { LogStore } from "../logs/log-store.ts";
import type { Isolation } from "../sandbox/isolation.ts";
import { AttemptProcesses } from "./attempt-processes.ts";
import { describeEnd } from "./describe-end.ts";
import type { FifoPool } from "./fifo-pool.ts";
import { LAUNCH_WRAPPER } from "./launch-wrapper.ts";
import { startLongTimer, type Timer } from "./long-timer.ts";
import { Output } from "./output.ts";
import { isAlive, type ProcessIdentity } from "./processes.ts";
import { attemptKey } from "./protocol.ts";
import { type PortPool, untilReady } from "./readiness.ts";
import { RunFolder, type StopRecord } from "./run-folder.ts";
import { startCommand } from "./start-command.ts";

/** What every attempt on this machine shares. */
export interface Surroundings {
  readonly runFolder: string;
  readonly logs: LogStore;
  readonly isolation: Isolation;
  readonly arcLinked: boolean;
  readonly cgroups: Cgroups | null;
  readonly fifos: FifoPool;
  readonly ports: PortPool;
  /** Variables that the operator hands to every Session: proxies, certificates. */
  readonly passEnvironment: Readonly<Record<string, string>>;
}

export interface AttemptOptions {
  readonly plan: LaunchPlan;
  readonly replica: PlannedReplica;
  readonly environment: ImageEnvironment;
  readonly surroundings: Surroundings;
  readonly onChange: (observation: Observation) => void;
}

/** How long pipes that a left-over process holds are still read after the end. */
const DRAIN_MS = 2_000;
/** How often an adopted process, which is nobody's child here, is looked at. */
const ADOPTED_POLL_MS = 200;
const DEADLINE_GRACE_SECONDS = 10;

type End = Pick<SessionOutcome, "exitCode" | "cause"> & { readonly why?: string };

/** One attempt of one Session on this machine, from its start or its adoption to its end. */
export class Attempt {
  readonly #options: AttemptOptions;
  readonly #key: string;
  readonly #folder: RunFolder;
  readonly #processes: AttemptProcesses;
  readonly #over = new AbortController();
  #observation: Observation;
  #output: Output | null = null;
  #port: number | null = null;
  #stop: StopRecord | null = null;
  #timers: Timer[] = [];
  #poll: Timer | null = null;
  /** Resolves when nothing of this attempt is left to be written. */
  #written: Promise<void> = Promise.resolve();

  constructor(options: AttemptOptions) {
    this.#options = options;
    const { sessionId, attempt } = options.replica;
    const { runFolder, cgroups, isolation } = options.surroundings;
    this.#key = attemptKey(options.replica);
    this.#folder = new RunFolder(join(runFolder, this.#key));
    this.#processes = new AttemptProcesses({ key: this.#key, folder: this.#folder, cgroups, isolation });
    this.#observation = {
      ...{ sessionId, attempt, phase: "starting", at: new Date().toISOString(), ready: false },
      ...{ reason: "Starting", message: "accepted by the session host" },
    };
  }

  get observation(): Observation {
    return this.#observation;
  }

  /** Starts it; an attempt that cannot be started ends with the reason. */
  async start(): Promise<void> {
    const { surroundings, plan } = this.#options;
    try {
      this.#folder.prepare(plan, surroundings.fifos);
      this.#port = plan.service === null ? null : await surroundings.ports.take();
      if (this.#stop !== null) return await this.#end({ exitCode: null, cause: "stopped" });
      const startedAt = new Date().toISOString();
      this.#folder.writeStart({ startedAt, port: this.#port });
      this.#spawn(startedAt);
    } catch (error) {
      const why = `could not be started: ${(error as Error).message}`;
      await this.#end({ exitCode: null, cause: "not-started", why });
    }
  }

  #spawn(startedAt: string): void {
    const { surroundings, plan } = this.#options;
    this.#openOutput();
    const writers = Output.openWriters(this.#folder.path);
    try {
      const cgroups = surroundings.cgroups?.create(this.#key, plan.limits) ?? [];
      const { path: runFolder, scratch: scratchFolder } = this.#folder;
      const request = { ...this.#options, ...surroundings, key: this.#key, port: this.#port };
      const { words, env, folder } = startCommand({ ...request, runFolder, scratchFolder });
      const wrapper = [
        "-c",
        LAUNCH_WRAPPER,
        "canfar-launch",
        runFolder,
        String(process.pid),
        ...cgroups,
        "--",
      ];
      const stdio = ["ignore" as const, ...writers.descriptors];
      const child = spawn("/bin/sh", [...wrapper, ...words], { detached: true, stdio, env, cwd: folder });
      this.#watchChild(child);
      if (child.pid === undefined) return;
      this.#processes.wrapperPid = child.pid;
    } finally {
      writers.close();
    }
    this.#running(startedAt);
  }

  #watchChild(child: ChildProcess): void {
    child.once("error", ({ message }) => {
      void this.#end({ exitCode: null, cause: "not-started", why: `could not be started: ${message}` });
    });
    child.once("exit", (code) => {
      this.#processes.wrapperPid = null;
      const owner = this.#folder.readOwner();
      // An earlier host, killed at that very moment, had started it already.
      if (owner !== null && owner.pid !== child.pid) return this.#follow(owner);
      void this.#end(launchEnd(this.#folder.readExitStatus().exitCode, code));
    });
  }

  /** Takes over an attempt that an earlier host started. @returns false where it had not come so far */
  adopt(): boolean {
    const owner = this.#folder.readOwner();
    const start = this.#folder.readStart();
    if (owner === null || start === null) return false;
    this.#port = start.port;
    if (start.port !== null) this.#options.surroundings.ports.keep(start.port);
    this.#openOutput();
    this.#processes.wrapperPid = isAlive(owner) ? owner.pid : null;
    this.#running(start.startedAt);
    const stop = this.#folder.readStop();
    if (stop !== null) this.#carryOut(stop);
    this.#follow(owner);
    return true;
  }

  #follow(owner: ProcessIdentity): void {
    const alive = isAlive(owner);
    const { exitCode, launchCode } = this.#folder.readExitStatus();
    this.#processes.wrapperPid = alive ? owner.pid : null;
    if (alive && launchCode === null) {
      this.#poll = startLongTimer(ADOPTED_POLL_MS, () => this.#follow(owner));
      return;
    }
    const isLost = exitCode === null && launchCode === null;
    void this.#end(isLost ? { exitCode, cause: "lost" } : launchEnd(exitCode, launchCode));
  }

  #openOutput(): void {
    const { plan, replica, surroundings } = this.#options;
    const { sessionId, attempt, index: replicaIndex } = replica;
    const log = { group: plan.group, replicaCount: plan.replicaCount, sessionId, attempt, replicaIndex };
    const onTrouble = (trouble: NodeJS.ErrnoException | null) => {
      if (this.#over.signal.aborted) return; // The end that was told stays the last word.
      const problem = `the log cannot be written (${trouble?.code}); it waits when its output piles up, nothing is lost`;
      const message = trouble === null ? "the log can be written again" : problem;
      this.#change({ reason: trouble === null ? "LogRecovered" : "LogDiskFull", message });
    };
    this.#output = new Output({ runFolder: this.#folder.path, logs: surroundings.logs, log, onTrouble });
  }

  #running(startedAt: string): void {
    const { lifetimeSeconds, service } = this.#options.plan;
    const ready = service === null;
    this.#change({ phase: "running", startedAt, ready, reason: "Started", message: "the program runs" });
    const left = Date.parse(startedAt) + lifetimeSeconds * 1000 - Date.now();
    const expire = () => this.stop({ graceSeconds: DEADLINE_GRACE_SECONDS, cause: "deadline" });
    this.#timers.push(startLongTimer(left, expire));
    if (this.#port !== null) void this.#watchService(this.#port);
  }

  async #watchService(port: number): Promise<void> {
    const readyPath = this.#options.plan.service?.readyPath ?? null;
    if (!(await untilReady(port, readyPath, this.#over.signal))) return;
    if (this.#observation.phase !== "running") return;
    const endpoint = { host: "127.0.0.1", port };
    this.#change({ ready: true, reason: "Ready", message: "it answers on its port", endpoint });
  }

  /** A polite signal now, a hard one after the grace; asking again does no harm. */
  stop(options: { graceSeconds: number; cause: StopRecord["cause"] }): void {
    if (this.#over.signal.aborted) return;
    const killAt = new Date(Date.now() + options.graceSeconds * 1000).toISOString();
    const stop = { cause: this.#stop?.cause ?? options.cause, killAt };
    try {
      this.#folder.writeStop(stop);
    } catch (error) {
      // It ends all the same; only a host that dies within the grace would forget why, or it was not prepared yet.
      if (!["ENOSPC", "EDQUOT", "ENOENT"].includes((error as NodeJS.ErrnoException).code ?? "")) throw error;
    }
    this.#carryOut(stop);
  }

  #carryOut(stop: StopRecord): void {
    this.#stop = stop;
    this.#timers.push(this.#processes.terminate());
    const grace = Math.max(0, Date.parse(stop.killAt) - Date.now());
    this.#timers.push(startLongTimer(grace, () => this.#processes.kill()));
  }

  /** Ends an attempt that has not been started. */
  async cancel(): Promise<void> {
    await this.#end({ exitCode: null, cause: "stopped" });
  }

  /** Reads how much it uses now. */
  sampleUsage(): void {
    const usage = this.#usage();
    if (usage !== undefined && this.#observation.phase === "running") this.#change({ usage });
  }

  #usage(): SessionUsage | undefined {
    return this.#options.surroundings.cgroups?.usage(this.#key);
  }

  async #end({ exitCode, cause, why }: End): Promise<void> {
    if (this.#over.signal.aborted) return;
    this.#over.abort();
    for (const timer of this.#timers) timer.cancel();
    await this.#processes.killAll();
    this.#processes.killWrapper();
    this.#written = (await this.#output?.finish(DRAIN_MS))?.complete ?? this.#written;
    const { surroundings, plan, environment } = this.#options;
    const usage = this.#usage();
    const outOfMemory = surroundings.cgroups?.outOfMemory(this.#key) ?? false;
    const finalCause = cause === "not-started" ? cause : (this.#stop?.cause ?? cause);
    const program = (plan.argv ?? environment.entrypoint)[0];
    const end = describeEnd({ exitCode, cause: finalCause, outOfMemory, program, why });
    const { endpoint: _, ...before } = this.#observation;
    this.#observation = before;
    this.#change({ phase: "ended", ready: false, ...end, ...(usage === undefined ? {} : { usage }) });
  }

  /** Removes what a host would need to take it over: only once its end is on record, else it would run again. */
  async tidy(): Promise<void> {
    await this.#processes.removeGroups();
    this.#folder.remove();
    if (this.#port !== null) this.#options.surroundings.ports.giveBack(this.#port);
    await this.#written;
  }

  /** Lets go of a running attempt, for the next host. */
  async release(): Promise<void> {
    for (const timer of [...this.#timers, this.#poll]) timer?.cancel();
    await this.#output?.release();
  }

  #change(change: Partial<Observation>): void {
    const isNewPhase = change.phase !== undefined && change.phase !== this.#observation.phase;
    const at = isNewPhase ? new Date().toISOString() : this.#observation.at;
    this.#observation = { ...this.#observation, ...change, at };
    this.#options.onChange(this.#observation);
  }
}

/** How it ended, from the status file and the code of its wrapper, which is null where a signal ended that. */
function launchEnd(exitCode: number | null, wrapperCode: number | null): End {
  if (exitCode !== null || wrapperCode === null) return { exitCode, cause: "exited" };
  // Without a word from bubblewrap: it was killed itself, or could not make the sandbox.
  if (wrapperCode > 128) return { exitCode: wrapperCode, cause: "exited" };
  const why = `the launch ended with code ${wrapperCode}; what it said is in the log`;
  return { exitCode: null, cause: "not-started", why };
}

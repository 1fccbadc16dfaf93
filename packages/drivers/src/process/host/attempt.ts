import { join } from "node:path";
import type { LaunchPlan, Observation, PlannedReplica, SessionOutcome } from "../../session-driver.ts";
import type { ImageEnvironment } from "../image-environment.ts";
import type { LogStore } from "../logs/log-store.ts";
import { AttemptMark, type StartFacts, type StopRecord } from "./attempt-mark.ts";
import { AttemptProcesses } from "./attempt-processes.ts";
import { AttemptUsage } from "./attempt-usage.ts";
import { describeEnd } from "./describe-end.ts";
import type { Lane, LaneEnd } from "./lane.ts";
import type { LaneSurroundings, Lanes } from "./lanes.ts";
import { startLongTimer, type Timer } from "./long-timer.ts";
import type { OldLanes } from "./old-lanes.ts";
import { Output } from "./output.ts";
import { OutputPipes } from "./output-pipes.ts";
import { isAlive, type ProcessIdentity } from "./processes.ts";
import { attemptKey } from "./protocol.ts";
import { type PortPool, untilReady } from "./readiness.ts";
import { replicaCommand } from "./start-command.ts";

/** What every attempt on this machine shares. */
export interface Surroundings extends LaneSurroundings {
  readonly logs: LogStore;
  readonly lanes: Lanes;
  readonly oldLanes: OldLanes;
  readonly ports: PortPool;
}

export interface AttemptOptions {
  readonly plan: LaunchPlan;
  readonly replica: PlannedReplica;
  readonly environment: ImageEnvironment;
  readonly surroundings: Surroundings;
  readonly onChange: (observation: Observation) => void;
}

/** How often an adopted process, which is nobody's child here, is looked at. */
const ADOPTED_POLL_MS = 200;
const DEADLINE_GRACE_SECONDS = 10;
/** So often a mark is looked for that another process has made and not written yet. */
const MARK_LOOKS = 50;

type End = Pick<SessionOutcome, "exitCode" | "cause"> & {
  readonly why?: string;
  readonly cpuSeconds?: number | null;
};

/** One attempt of one Session on this machine, from its start or its adoption to its end. */
export class Attempt {
  readonly #options: AttemptOptions;
  readonly #key: string;
  readonly #mark: AttemptMark;
  readonly #processes: AttemptProcesses;
  readonly #usage: AttemptUsage;
  readonly #over = new AbortController();
  #observation: Observation;
  /** The lane of this host that runs it; null before, after, and where an earlier host's does. */
  #lane: Lane | null = null;
  /** Ends of the pipes of an earlier host's lane. */
  #adoptedPipes: OutputPipes | null = null;
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
    const { marksFolder, cgroups, isolation } = options.surroundings;
    this.#key = attemptKey(options.replica);
    this.#mark = new AttemptMark(marksFolder, this.#key);
    this.#processes = new AttemptProcesses({ key: this.#key, mark: this.#mark, cgroups, isolation });
    this.#usage = new AttemptUsage(cgroups);
    this.#observation = {
      ...{ sessionId, attempt, phase: "starting", at: new Date().toISOString(), ready: false },
      ...{ reason: "Starting", message: "accepted by the session host" },
    };
  }

  /** Slots of the machine that it takes while it runs; 0 where it waits for none. */
  get slots(): number {
    return this.#options.plan.slots;
  }

  get observation(): Observation {
    return this.#observation;
  }

  /** Starts it; an attempt that cannot be started ends with the reason. */
  async start(): Promise<void> {
    const { surroundings, plan, environment } = this.#options;
    try {
      this.#port = plan.service === null ? null : await surroundings.ports.take();
      if (this.#stop !== null) return await this.#end({ exitCode: null, cause: "stopped" });
      this.#lane = surroundings.lanes.take({ plan, environment, port: this.#port });
      this.#run(this.#lane);
    } catch (error) {
      await this.#end(notStarted((error as Error).message));
    }
  }

  #run(lane: Lane): void {
    const { surroundings, replica } = this.#options;
    const startedAt = new Date().toISOString();
    const group = lane.group?.prepare() ?? null;
    this.#useGroup(group);
    this.#openOutput(lane.pipes);
    const facts: StartFacts = { startedAt, port: this.#port, lane: lane.name, group };
    const { prefix, env } = replicaCommand({ key: this.#key, replica }, lane.purpose, {
      ...surroundings,
      folder: lane.folder,
    });
    const command = { key: this.#key, facts: JSON.stringify(facts), groups: group?.join ?? [], prefix, env };
    lane.run(command, {
      onEnd: (end) => void this.#end(this.#laneEnd(end)),
      onRefused: () => void this.#refused(),
      onFailed: ({ message }) => void this.#end(notStarted(message)),
    });
    if (lane.pid === null) return; // Its failure is told in a moment.
    this.#processes.wrapperPid = lane.pid;
    this.#running(startedAt);
  }

  #useGroup(group: StartFacts["group"]): void {
    this.#usage.begin(group);
    this.#processes.group = group?.name ?? null;
  }

  #laneEnd({ code, laneCode, cpuSeconds }: LaneEnd): End {
    if (code === null) this.#processes.wrapperPid = null;
    else this.#processes.isChildless = true;
    const isPlain = this.#options.surroundings.isolation === "plain";
    const exitCode = isPlain && code !== null ? code : this.#mark.readExitStatus().exitCode;
    return { ...launchEnd(exitCode, code ?? laneCode), cpuSeconds };
  }

  /** An earlier host, killed at that very moment, had started it already; or its mark cannot be made. */
  async #refused(looks = MARK_LOOKS): Promise<void> {
    const start = this.#mark.readStart();
    if (start === null && looks > 0) {
      this.#poll = startLongTimer(ADOPTED_POLL_MS / 10, () => void this.#refused(looks - 1));
      return;
    }
    if (start === null) {
      await this.#end(notStarted("its mark could not be written"));
      return;
    }
    this.#written = (await this.#output?.finish())?.complete ?? this.#written;
    this.#giveLaneBack();
    this.#takeOver(start.facts);
    this.#follow(start.owner);
  }

  /** Takes over an attempt that an earlier host started. @returns false where it had not come so far */
  adopt(): boolean {
    const start = this.#mark.readStart();
    if (start === null) return false;
    this.#takeOver(start.facts);
    this.#processes.wrapperPid = isAlive(start.owner) ? start.owner.pid : null;
    this.#running(start.facts.startedAt);
    const stop = this.#mark.readStop();
    if (stop !== null) this.#carryOut(stop);
    this.#follow(start.owner);
    return true;
  }

  #takeOver({ port, lane, group }: StartFacts): void {
    const { surroundings } = this.#options;
    this.#port = port;
    if (port !== null) surroundings.ports.keep(port);
    this.#useGroup(group);
    surroundings.oldLanes.claim(lane, this.#key);
    this.#adoptedPipes = new OutputPipes(join(surroundings.lanesFolder, lane));
    this.#openOutput(this.#adoptedPipes);
  }

  #follow(owner: ProcessIdentity): void {
    const alive = isAlive(owner);
    const { exitCode, launchCode } = this.#mark.readExitStatus();
    this.#processes.wrapperPid = alive ? owner.pid : null;
    if (alive && launchCode === null) {
      this.#poll = startLongTimer(ADOPTED_POLL_MS, () => this.#follow(owner));
      return;
    }
    const isLost = exitCode === null && launchCode === null;
    void this.#end(isLost ? { exitCode, cause: "lost" } : launchEnd(exitCode, launchCode));
  }

  #openOutput(pipes: OutputPipes): void {
    const { plan, replica, surroundings } = this.#options;
    const { sessionId, attempt, index: replicaIndex } = replica;
    const log = { group: plan.group, replicaCount: plan.replicaCount, sessionId, attempt, replicaIndex };
    const onTrouble = (trouble: NodeJS.ErrnoException | null) => {
      if (this.#over.signal.aborted) return; // The end that was told stays the last word.
      const problem = `the log cannot be written (${trouble?.code}); it waits when its output piles up, nothing is lost`;
      const message = trouble === null ? "the log can be written again" : problem;
      this.#change({ reason: trouble === null ? "LogRecovered" : "LogDiskFull", message });
    };
    this.#output = new Output({ pipes, logs: surroundings.logs, log, onTrouble });
  }

  #running(startedAt: string): void {
    const { lifetimeSeconds, service } = this.#options.plan;
    const ready = service === null;
    this.#change({ phase: "running", startedAt, ready, reason: "Started", message: "the program runs" });
    const left = Date.parse(startedAt) + lifetimeSeconds * 1000 - Date.now();
    const expire = () => this.stop({ graceSeconds: DEADLINE_GRACE_SECONDS, cause: "deadline" });
    this.#timers.push(
      startLongTimer(left, expire),
      this.#usage.look(() => this.#processes.wrapperPid),
    );
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
      this.#mark.writeStop(stop);
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

  /** Tells how much it uses now. */
  sampleUsage(): void {
    if (this.#observation.phase !== "running") return;
    const usage = this.#usage.now(this.#processes.wrapperPid);
    if (usage !== undefined) this.#change({ usage });
  }

  async #end({ exitCode, cause, why, cpuSeconds = null }: End): Promise<void> {
    if (this.#over.signal.aborted) return;
    this.#over.abort("it has ended"); // Without a reason one is made, with a stack.
    for (const timer of this.#timers) timer.cancel();
    await this.#processes.killAll();
    if (this.#lane === null) this.#processes.killWrapper();
    this.#written = (await this.#output?.finish())?.complete ?? this.#written;
    const { plan, environment } = this.#options;
    const { usage, outOfMemory, counts } = this.#usage.atEnd(cpuSeconds);
    this.#lane?.group?.ended(counts);
    this.#giveLaneBack();
    const finalCause = cause === "not-started" ? cause : (this.#stop?.cause ?? cause);
    const program = (plan.argv ?? environment.entrypoint)[0];
    const end = describeEnd({ exitCode, cause: finalCause, outOfMemory, program, why });
    const { endpoint: _, ...before } = this.#observation;
    this.#observation = before;
    this.#change({ phase: "ended", ready: false, ...end, ...(usage === undefined ? {} : { usage }) });
  }

  #giveLaneBack(): void {
    if (this.#lane !== null) this.#options.surroundings.lanes.giveBack(this.#lane);
    this.#lane = null;
  }

  /** Removes what a host would need to take it over: only once its end is on record, else it would run again. */
  async tidy(): Promise<void> {
    const { ports, oldLanes } = this.#options.surroundings;
    this.#mark.remove({ wasStopped: this.#stop !== null });
    this.#adoptedPipes?.close();
    if (this.#port !== null) ports.giveBack(this.#port);
    await oldLanes.release(this.#key);
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

function notStarted(problem: string): End {
  return { exitCode: null, cause: "not-started", why: `could not be started: ${problem}` };
}

/** How it ended, from its mark and the code of its wrapper, which is null where a signal ended that. */
function launchEnd(exitCode: number | null, wrapperCode: number | null): End {
  if (exitCode !== null || wrapperCode === null) return { exitCode, cause: "exited" };
  // Without a word from bubblewrap: it was killed itself, or could not make the sandbox.
  if (wrapperCode > 128) return { exitCode: wrapperCode, cause: "exited" };
  const why = `the launch ended with code ${wrapperCode}; what it said is in the log`;
  return { exitCode: null, cause: "not-started", why };
}

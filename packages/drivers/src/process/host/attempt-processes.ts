import type { Cgroups } from "../cgroup/cgroup.ts";
import type { Isolation } from "../sandbox/isolation.ts";
import type { AttemptMark } from "./attempt-mark.ts";
import type { Timer } from "./long-timer.ts";
import { descendantsOf, hasVariable, signalProcess } from "./processes.ts";
import { ATTEMPT_VARIABLE } from "./start-command.ts";
import { findStrays } from "./strays.ts";

const LOOK_AGAIN_MS = 50;
const KILL_ROUNDS = 50;
const KILL_ROUND_MS = 10;

/** Finds and signals the processes of one attempt, and of no other one, whatever they did to hide. */
export class AttemptProcesses {
  /** The launch wrapper, parent of bubblewrap or of the program; null before and after. */
  wrapperPid: number | null = null;
  /** True once the wrapper has nothing below it any more: what is left, if anything, has left the family. */
  isChildless = false;
  /** Name of its control group; null without, or before it has one. */
  group: string | null = null;
  readonly #key: string;
  readonly #mark: AttemptMark;
  readonly #cgroups: Cgroups | null;
  readonly #isolation: Isolation;

  constructor(options: { key: string; mark: AttemptMark; cgroups: Cgroups | null; isolation: Isolation }) {
    this.#key = options.key;
    this.#mark = options.mark;
    this.#cgroups = options.cgroups;
    this.#isolation = options.isolation;
  }

  /** Asks the program to end, as soon as there is one. @returns what ends the waiting for it */
  terminate(): Timer {
    let timer: NodeJS.Timeout | undefined;
    const ask = () => {
      const pids = this.#programProcesses();
      for (const pid of pids) signalProcess(pid, "SIGTERM");
      if (pids.length === 0) timer = setTimeout(ask, LOOK_AGAIN_MS);
    };
    ask();
    return { cancel: () => clearTimeout(timer) };
  }

  /** The user's own processes: everything below the wrapper, or below the sandbox's first process, which reaps. */
  #programProcesses(): number[] {
    if (this.wrapperPid === null) return [];
    if (this.#isolation === "plain") return descendantsOf(this.wrapperPid);
    const { innerPid } = this.#mark.readExitStatus();
    return innerPid === null ? [] : descendantsOf(innerPid);
  }

  /** Ends everything that runs: the sandbox's first process takes its namespace with it. */
  kill(): void {
    for (const pid of this.#all()) signalProcess(pid, "SIGKILL");
    if (this.#mustSearch) void this.#killStrays();
  }

  /** Kills until nothing is left, also of programs that multiply meanwhile. */
  async killAll(): Promise<void> {
    for (let round = 0; round < KILL_ROUNDS; round += 1) {
      const pids = this.#all();
      for (const pid of pids) signalProcess(pid, "SIGKILL");
      const strays = this.#mustSearch ? await this.#killStrays() : 0;
      if (pids.length + strays === 0) return;
      await pause();
    }
  }

  async #killStrays(): Promise<number> {
    const pids = (await findStrays(this.#key)).filter((pid) => pid !== this.wrapperPid);
    for (const pid of pids) signalProcess(pid, "SIGKILL");
    return pids.length;
  }

  /** Ends a wrapper that waited for a host to read the pipes. */
  killWrapper(): void {
    if (this.wrapperPid !== null) signalProcess(this.wrapperPid, "SIGKILL");
    this.wrapperPid = null;
  }

  /** Without the wrapper: it is left to report how its program ended. */
  #all(): number[] {
    const below = this.wrapperPid === null || this.isChildless ? [] : descendantsOf(this.wrapperPid);
    // Who left the family, in a sandbox or not, is still in its group.
    const sandboxed = this.isChildless && this.group !== null ? [] : this.#sandboxed(below);
    const found = [...sandboxed, ...below, ...this.#grouped()];
    return [...new Set(found)].filter((pid) => pid !== this.wrapperPid);
  }

  /** The sandbox's first process, where its number has not gone to somebody else meanwhile. */
  #sandboxed(below: readonly number[]): number[] {
    if (this.#isolation === "plain") return [];
    const { innerPid } = this.#mark.readExitStatus();
    if (innerPid === null) return [];
    return below.includes(innerPid) || hasVariable(innerPid, this.#variable) ? [innerPid] : [];
  }

  #grouped(): number[] {
    return this.#cgroups === null || this.group === null ? [] : this.#cgroups.processes(this.group);
  }

  /** Processes that left the family are in its control group still, and inside a sandbox they cannot outlive it. */
  get #mustSearch(): boolean {
    return this.#cgroups === null && this.#isolation === "plain";
  }

  get #variable(): string {
    return `${ATTEMPT_VARIABLE}=${this.#key}`;
  }
}

function pause(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, KILL_ROUND_MS));
}

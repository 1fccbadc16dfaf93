import type { Cgroups } from "../cgroup/cgroup.ts";
import type { Isolation } from "../sandbox/isolation.ts";
import type { Timer } from "./long-timer.ts";
import { descendantsOf, hasVariable, processesWithVariable, signalProcess } from "./processes.ts";
import type { RunFolder } from "./run-folder.ts";
import { ATTEMPT_VARIABLE } from "./start-command.ts";

const LOOK_AGAIN_MS = 50;
const KILL_ROUNDS = 50;
const KILL_ROUND_MS = 10;

/** Finds and signals the processes of one attempt, and of no other one, whatever they did to hide. */
export class AttemptProcesses {
  /** The launch wrapper, parent of bubblewrap or of the program; null before and after. */
  wrapperPid: number | null = null;
  readonly #key: string;
  readonly #folder: RunFolder;
  readonly #cgroups: Cgroups | null;
  readonly #isolation: Isolation;

  constructor(options: { key: string; folder: RunFolder; cgroups: Cgroups | null; isolation: Isolation }) {
    this.#key = options.key;
    this.#folder = options.folder;
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
    const { innerPid } = this.#folder.readExitStatus();
    return innerPid === null ? [] : descendantsOf(innerPid);
  }

  /** Ends everything that runs: the sandbox's first process takes its namespace with it. */
  kill(): void {
    for (const pid of this.#all()) signalProcess(pid, "SIGKILL");
  }

  /** Kills until nothing is left, also of programs that multiply meanwhile. */
  async killAll(): Promise<void> {
    for (let round = 0; round < KILL_ROUNDS; round += 1) {
      const pids = this.#all();
      if (pids.length === 0) return;
      for (const pid of pids) signalProcess(pid, "SIGKILL");
      await pause();
    }
  }

  /** Ends a wrapper that waited for a host to read the pipes. */
  killWrapper(): void {
    if (this.wrapperPid !== null) signalProcess(this.wrapperPid, "SIGKILL");
    this.wrapperPid = null;
  }

  /** Removes the control groups; a dying process may hold them for a moment. */
  async removeGroups(): Promise<void> {
    for (let round = 0; this.#cgroups?.remove(this.#key) === false && round < KILL_ROUNDS; round += 1) {
      this.kill();
      await pause();
    }
  }

  /** Without the wrapper: it is left to report how its program ended. */
  #all(): number[] {
    const below = this.wrapperPid === null ? [] : descendantsOf(this.wrapperPid);
    const found = [...this.#sandboxed(), ...below, ...this.#strays()];
    return [...new Set(found)].filter((pid) => pid !== this.wrapperPid);
  }

  /** The sandbox's first process, where its number has not gone to somebody else meanwhile. */
  #sandboxed(): number[] {
    const { innerPid } = this.#folder.readExitStatus();
    if (innerPid === null) return [];
    const isBelow = this.wrapperPid !== null && descendantsOf(this.wrapperPid).includes(innerPid);
    return isBelow || hasVariable(innerPid, this.#variable) ? [innerPid] : [];
  }

  /** Processes that left the family; inside a sandbox they cannot outlive it. */
  #strays(): number[] {
    if (this.#cgroups !== null) return this.#cgroups.processes(this.#key);
    return this.#isolation === "bubblewrap" ? [] : processesWithVariable(this.#variable);
  }

  get #variable(): string {
    return `${ATTEMPT_VARIABLE}=${this.#key}`;
  }
}

function pause(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, KILL_ROUND_MS));
}

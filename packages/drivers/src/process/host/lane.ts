import { type ChildProcess, spawn } from "node:child_process";
import type { Socket } from "node:net";
import type { Readable } from "node:stream";
import { StringDecoder } from "node:string_decoder";
import type { Isolation } from "../sandbox/isolation.ts";
import type { LaneFolder } from "./lane-folder.ts";
import type { LaneGroup } from "./lane-group.ts";
import { LAUNCH_WRAPPER, type LaneCommand, READ_IT_ALL, runCommand } from "./launch-wrapper.ts";
import { OutputPipes } from "./output-pipes.ts";
import type { LanePurpose } from "./start-command.ts";

/** How a lane's program ended, as far as the lane can tell. */
export interface LaneEnd {
  /** What its launch wrapper saw; null where the lane itself is gone. */
  readonly code: number | null;
  /** The code of the lane, where it ended with its program; null while it goes on, or where a signal ended it. */
  readonly laneCode: number | null;
  /** Of the program and all whose end it waited for; null where the lane itself is gone. */
  readonly cpuSeconds: number | null;
}

export interface LaneEvents {
  onEnd(end: LaneEnd): void;
  /** The attempt's mark was there already, or cannot be made: nothing was run. */
  onRefused(): void;
  /** The lane could not even be started. */
  onFailed(error: Error): void;
}

/** What a lane runs each time, and where. */
export interface LaneProgram {
  readonly words: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly cwd: string;
}

/**
 * A shell that runs attempts of one plan, one after the other: a process, its pipes and its folder for many Sessions,
 * where one of each for every Session would cost more than a short Session itself. It is a session (POSIX) of its own, so
 * that a signal to all relatives of a program reaches no other Session.
 */
export class Lane {
  readonly name: string;
  readonly purpose: LanePurpose;
  readonly folder: LaneFolder;
  readonly pipes: OutputPipes;
  /** Null without control groups. */
  readonly group: LaneGroup | null;
  readonly #child: ChildProcess;
  readonly #decoder = new StringDecoder("utf8");
  /** What it reported and nobody has taken yet: whole lines, and the beginning of one. */
  readonly #lines: string[] = [];
  #rest = "";
  #current: { key: string; events: LaneEvents } | null = null;
  /** What all its programs together have used. */
  #cpuSeconds = 0;
  #isOver = false;

  /**
   * @param options.folder made already
   * @param options.onExit called when the process is gone
   * @throws the file system's error
   */
  constructor(options: {
    name: string;
    purpose: LanePurpose;
    folder: LaneFolder;
    group: LaneGroup | null;
    /** Folder of the attempts' marks. */
    marks: string;
    isolation: Isolation;
    program: LaneProgram;
    onExit: () => void;
  }) {
    const { folder, marks, isolation, program } = options;
    this.name = options.name;
    this.purpose = options.purpose;
    this.folder = folder;
    this.group = options.group;
    this.pipes = new OutputPipes(folder.path);
    const writers = OutputPipes.openWriters(folder.path);
    try {
      const words = ["-c", LAUNCH_WRAPPER, "canfar-launch", folder.path, marks, isolation, ...program.words];
      const stdio = ["pipe" as const, ...writers.descriptors, "ignore" as const, "pipe" as const];
      const { env, cwd } = program;
      this.#child = spawn("/bin/sh", words, { detached: true, stdio, env, cwd });
    } finally {
      writers.close();
    }
    this.#child.stdin?.on("error", () => {}); // It is gone: its exit is what counts.
    const reports = this.#child.stdio[4] as Readable;
    reports.on("data", (chunk: Buffer) => this.#receive(this.#decoder.write(chunk)));
    this.#child.once("error", (error) => {
      this.#isOver = true;
      this.#take()?.onFailed(error);
      options.onExit();
    });
    // All that it reported is read when it closes; a Session that outlives it may hold no descriptor of it.
    this.#child.once("close", (code) => {
      this.#isOver = true;
      this.#take()?.onEnd({ code: null, laneCode: code, cpuSeconds: null });
      options.onExit();
    });
  }

  /** Process id; null once it is gone. */
  get pid(): number | null {
    return this.#isOver ? null : (this.#child.pid ?? null);
  }

  /** True while it runs nothing, and can run something. */
  get isFree(): boolean {
    return !this.#isOver && this.#current === null;
  }

  /** Runs one attempt; only while it is free. */
  run(command: LaneCommand, events: LaneEvents): void {
    this.#current = { key: command.key, events };
    this.#child.stdin?.write(runCommand(command));
  }

  /** What its last attempt printed is read: were the host killed now, nothing of it would be lost. */
  acknowledge(): void {
    if (this.isFree) this.#child.stdin?.write(READ_IT_ALL);
  }

  /** Ends it, once what it was told is done. */
  retire(): void {
    this.#child.stdin?.end(READ_IT_ALL);
  }

  /** Lets go of it; what it runs goes on, for the next host. */
  release(): void {
    this.pipes.close();
    this.#child.unref();
    (this.#child.stdin as Socket | null)?.unref();
    (this.#child.stdio[4] as Socket).unref();
  }

  #take(): LaneEvents | undefined {
    const events = this.#current?.events;
    this.#current = null;
    return events;
  }

  /** `refused KEY`, or `ended KEY CODE` with the two lines of `times` behind it. */
  #receive(text: string): void {
    const lines = (this.#rest + text).split("\n");
    this.#rest = lines.pop() ?? "";
    this.#lines.push(...lines);
    for (;;) {
      const [first, , times] = this.#lines;
      if (first?.startsWith("refused") === true) {
        this.#lines.shift();
        this.#take()?.onRefused();
      } else if (first !== undefined && times !== undefined) {
        this.#lines.splice(0, 3);
        this.#ended(Number(first.split(" ")[2]), secondsOf(times));
      } else return;
    }
  }

  #ended(code: number, cpuSeconds: number): void {
    const end = { code, laneCode: null, cpuSeconds: cpuSeconds - this.#cpuSeconds };
    this.#cpuSeconds = cpuSeconds;
    this.#take()?.onEnd(end);
  }
}

/** @param times user and system time as the shell's `times` says them: `0m1.230000s 0m0.010000s` */
function secondsOf(times: string): number {
  return [...times.matchAll(/(\d+)m([\d.]+)s/g)].reduce(
    (sum, [, minutes, seconds]) => sum + Number(minutes) * 60 + Number(seconds),
    0,
  );
}

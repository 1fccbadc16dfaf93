import { readFileSync, renameSync, unlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { SessionOutcome } from "../../session-driver.ts";
import type { GroupCounts } from "../cgroup/cgroup.ts";
import { type ProcessIdentity, parseIdentity } from "./processes.ts";

/** What the host knew when it had an attempt started. */
export interface StartFacts {
  /** ISO 8601. */
  readonly startedAt: string;
  /** Port of its service; null where it has none. */
  readonly port: number | null;
  /** Name of the lane that runs it. */
  readonly lane: string;
  /** Its control group, and what that had counted before; null without control groups. */
  readonly group: { readonly name: string; readonly before: GroupCounts } | null;
}

/** An order to end, kept so that the next host carries it out too. */
export interface StopRecord {
  readonly cause: Extract<SessionOutcome["cause"], "stopped" | "deadline">;
  /** When politeness ends, ISO 8601. */
  readonly killAt: string;
}

/** What bubblewrap or the launch wrapper left behind. */
export interface ExitStatus {
  /** Process id of the first process inside the sandbox; null outside of one. */
  readonly innerPid: number | null;
  /** The program's; null while it runs, or when it was killed before it could be written. */
  readonly exitCode: number | null;
  /** Of bubblewrap, or of the program without it; null while the launch wrapper waits for it. */
  readonly launchCode: number | null;
}

/**
 * The file that says that an attempt has been started, and by which process: its launch wrapper makes it, so that only one
 * can. The exit code is added at the end. With it a new host takes the attempt over.
 */
export class AttemptMark {
  readonly #file: string;

  constructor(folder: string, key: string) {
    this.#file = join(folder, key);
  }

  /** @returns what was known at the start, and the launch wrapper's process; null where none ever came so far */
  readStart(): { facts: StartFacts; owner: ProcessIdentity } | null {
    const [facts, identity] = readIfThere(this.#file).split("\n");
    const owner = parseIdentity(identity ?? "");
    if (facts === undefined || owner === null) return null;
    return { facts: JSON.parse(facts) as StartFacts, owner };
  }

  readExitStatus(): ExitStatus {
    const text = readIfThere(this.#file);
    const inner = /"child-pid": (\d+)/.exec(text);
    const code = /"exit-code": (\d+)/.exec(text);
    const launch = /"launch-code": (\d+)/.exec(text);
    return { innerPid: numberIn(inner), exitCode: numberIn(code), launchCode: numberIn(launch) };
  }

  /** Whole or not at all, whenever the host is killed. @throws the file system's error (ENOSPC) */
  writeStop(stop: StopRecord): void {
    writeFileSync(`${this.#stopFile}.new`, JSON.stringify(stop));
    renameSync(`${this.#stopFile}.new`, this.#stopFile);
  }

  readStop(): StopRecord | null {
    const text = readIfThere(this.#stopFile);
    return text === "" ? null : (JSON.parse(text) as StopRecord);
  }

  /** @param options.wasStopped whether an order to end may be there */
  remove({ wasStopped }: { wasStopped: boolean }): void {
    const files = wasStopped ? [this.#file, this.#stopFile, `${this.#stopFile}.new`] : [this.#file];
    for (const file of files) unlinkIfThere(file);
  }

  get #stopFile(): string {
    return `${this.#file}.stop`;
  }
}

/** The attempt to which a file in the folder of marks belongs. */
export function keyOfMark(name: string): string {
  return name.replace(/\.stop(\.new)?$/, "");
}

function numberIn(match: RegExpExecArray | null): number | null {
  return match === null ? null : Number(match[1]);
}

function readIfThere(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return "";
    throw error;
  }
}

/** What `rmSync` does, at a third of its cost: every attempt pays it. */
function unlinkIfThere(file: string): void {
  try {
    unlinkSync(file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
  }
}

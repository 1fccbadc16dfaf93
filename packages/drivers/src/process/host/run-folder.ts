import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { LaunchPlan, SessionOutcome } from "../../session-driver.ts";
import { groupFile, passwdFile } from "../sandbox/bubblewrap.ts";
import type { FifoPool } from "./fifo-pool.ts";
import { type ProcessIdentity, parseIdentity } from "./processes.ts";

/** What the host knew when it started an attempt. */
export interface StartRecord {
  /** ISO 8601. */
  readonly startedAt: string;
  /** Port of its service; null where it has none. */
  readonly port: number | null;
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
  /** Of the program. Null while it runs, or when it was killed before it could be written. */
  readonly exitCode: number | null;
  /** Of bubblewrap, or of the program without it. Null while the launch wrapper waits for it. */
  readonly launchCode: number | null;
}

/** The folder of one attempt while it runs: its pipes, and all that a new host needs to take it over. */
export class RunFolder {
  readonly path: string;

  constructor(path: string) {
    this.path = path;
  }

  get scratch(): string {
    return join(this.path, "scratch");
  }

  /** Makes it ready for a start. Pipes that are there already stay: a wrapper may be writing to them. */
  prepare(plan: LaunchPlan, fifos: FifoPool): void {
    mkdirSync(this.scratch, { recursive: true, mode: 0o700 });
    for (const stream of ["stdout", "stderr"]) {
      const path = join(this.path, stream);
      if (!existsSync(path)) fifos.place(path);
    }
    writeFileSync(join(this.path, "passwd"), passwdFile(plan));
    writeFileSync(join(this.path, "group"), groupFile(plan));
  }

  writeStart(start: StartRecord): void {
    this.#write("start", start);
  }

  readStart(): StartRecord | null {
    return this.#read<StartRecord>("start");
  }

  writeStop(stop: StopRecord): void {
    this.#write("stop", stop);
  }

  readStop(): StopRecord | null {
    return this.#read<StopRecord>("stop");
  }

  /** The process that the launch wrapper became; null where none ever came so far. */
  readOwner(): ProcessIdentity | null {
    return parseIdentity(readIfThere(join(this.path, "owner")));
  }

  readExitStatus(): ExitStatus {
    const text = readIfThere(join(this.path, "status"));
    const number = (name: string): number | null => {
      const found = new RegExp(`"${name}": (\\d+)`).exec(text);
      return found === null ? null : Number(found[1]);
    };
    return {
      innerPid: number("child-pid"),
      exitCode: number("exit-code"),
      launchCode: number("launch-code"),
    };
  }

  remove(): void {
    rmSync(this.path, { recursive: true, force: true, maxRetries: 3 });
  }

  /** Whole or not at all, whenever the host is killed. */
  #write(name: string, content: StartRecord | StopRecord): void {
    const file = join(this.path, name);
    writeFileSync(`${file}.new`, JSON.stringify(content));
    renameSync(`${file}.new`, file);
  }

  #read<T>(name: string): T | null {
    const text = readIfThere(join(this.path, name));
    return text === "" ? null : (JSON.parse(text) as T);
  }
}

function readIfThere(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return "";
    throw error;
  }
}

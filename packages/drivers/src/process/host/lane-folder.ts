import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { LaunchPlan } from "../../session-driver.ts";
import { groupFile, passwdFile } from "../sandbox/bubblewrap.ts";
import type { FifoPool } from "./fifo-pool.ts";
import { type ProcessIdentity, parseIdentity } from "./processes.ts";

/** The folder of one lane: the pipes to which its Sessions print, and what a sandbox shows of it. */
export class LaneFolder {
  readonly path: string;

  constructor(path: string) {
    this.path = path;
  }

  /** Folder that a mount without a source of its own gets. */
  get scratch(): string {
    return join(this.path, "scratch");
  }

  /** @throws the file system's error (ENOSPC), with nothing left behind */
  make(plan: LaunchPlan, fifos: FifoPool): void {
    try {
      mkdirSync(this.scratch, { recursive: true, mode: 0o700 });
      for (const stream of ["stdout", "stderr"]) fifos.place(join(this.path, stream));
      writeFileSync(join(this.path, "passwd"), passwdFile(plan));
      writeFileSync(join(this.path, "group"), groupFile(plan));
    } catch (error) {
      this.remove();
      throw error;
    }
  }

  /** Leaves nothing of one Session to the next. @throws the file system's error */
  empty(): void {
    for (const name of readdirSync(this.scratch)) {
      rmSync(join(this.scratch, name), { recursive: true, force: true, maxRetries: 3 });
    }
  }

  /** The lane's process; null where it has not come so far. */
  readOwner(): ProcessIdentity | null {
    try {
      return parseIdentity(readFileSync(join(this.path, "owner"), "utf8"));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "ENOENT") return null;
      throw error;
    }
  }

  remove(): void {
    rmSync(this.path, { recursive: true, force: true, maxRetries: 3 });
  }
}

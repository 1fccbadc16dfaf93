import { closeSync, fstatSync, openSync, readSync } from "node:fs";
import { join, posix } from "node:path";
import type { LaunchPlan } from "../../session-driver.ts";
import { outsidePath } from "./plain.ts";

/** Folders that are in a sandbox as they are on the machine. */
const SAME = ["/usr/", "/bin/", "/sbin/", "/opt/"];
const ELF = Buffer.from("\x7fELF", "latin1");
const EXECUTABLE_BY_ALL = 0o001;

/**
 * Whether a program is sure to start inside a sandbox: then bubblewrap may run it itself, without a shell to say why not,
 * which is a good part of what a short Session costs. Asked once for many Sessions; no is always a safe answer.
 *
 * @param program first word of what is to be run
 * @param sandbox.path the Session's PATH
 */
export function canBeExecuted(
  program: string,
  sandbox: { path: string; plan: LaunchPlan; scratchFolder: string },
): boolean {
  const { path, plan, scratchFolder } = sandbox;
  const candidates = program.includes("/")
    ? [posix.resolve(plan.workingDirectory, program)]
    : path.split(":").map((folder) => join(folder, program));
  for (const inside of candidates) {
    const file = outsidePath(inside, plan, scratchFolder, false);
    const isSeen = file !== inside || SAME.some((folder) => inside.startsWith(folder));
    const kind = kindOf(file);
    // What the sandbox does not have, or has as something else, may hide or be hidden.
    if (kind !== "none") return isSeen && kind === "program";
  }
  return false;
}

/** A script may name an interpreter that is not there: only a program of the machine's own format is sure to start. */
function kindOf(file: string): "program" | "other" | "none" {
  let descriptor: number;
  try {
    descriptor = openSync(file, "r");
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "ENOENT" ? "none" : "other";
  }
  try {
    const stat = fstatSync(descriptor);
    if (!stat.isFile() || (stat.mode & EXECUTABLE_BY_ALL) === 0) return "other";
    const begin = Buffer.alloc(ELF.length);
    readSync(descriptor, begin, 0, begin.length, 0);
    return begin.equals(ELF) ? "program" : "other";
  } finally {
    closeSync(descriptor);
  }
}

/** Process facts from /proc. */
import { readdirSync, readFileSync } from "node:fs";

/** Names a process for good: process ids are used again, and start times begin anew with each boot. */
export interface ProcessIdentity {
  readonly pid: number;
  /** Clock ticks since boot. */
  readonly startTime: string;
  readonly bootId: string;
}

/** @param text a line of `/proc/PID/stat` and the boot id behind it, as the launch wrapper writes them */
export function parseIdentity(text: string): ProcessIdentity | null {
  const fields = fieldsOf(text);
  const [startTime, bootId] = [fields[19], fields.at(-1)];
  if (startTime === undefined || bootId === undefined) return null;
  return { pid: Number.parseInt(text, 10), startTime, bootId: bootId.trim() };
}

export function isAlive({ pid, startTime, bootId }: ProcessIdentity): boolean {
  return startTimeOf(pid) === startTime && readProc("sys/kernel/random/boot_id").trim() === bootId;
}

/** True where somebody, or it itself, has stopped it for the time being. */
export function isStopped(process: ProcessIdentity): boolean {
  return isAlive(process) && fieldsOf(readProc(`${process.pid}/stat`))[0] === "T";
}

/** Clock ticks from boot to the start of a process; null where there is none, or only what is left of one. */
export function startTimeOf(pid: number): string | null {
  const fields = fieldsOf(readProc(`${pid}/stat`));
  return fields[0] === "Z" || fields[0] === "X" ? null : (fields[19] ?? null);
}

/** All processes below one, without itself. */
export function descendantsOf(pid: number): number[] {
  return childrenOf(pid).flatMap((child) => [child, ...descendantsOf(child)]);
}

/** Children of every thread: a program may start others from any of them. */
export function childrenOf(pid: number): number[] {
  return list(`${pid}/task`)
    .flatMap((thread) => readProc(`${pid}/task/${thread}/children`).split(" "))
    .filter((text) => text.trim() !== "")
    .map(Number);
}

/** True where a process was started with this variable. */
export function hasVariable(pid: number, variable: string): boolean {
  return `\0${readProc(`${pid}/environ`)}`.includes(`\0${variable}\0`);
}

/**
 * Every process that was started with a variable, by its value: slow, as it looks at all processes of the machine.
 *
 * @param name of the variable
 */
export function processesByVariable(name: string): Map<string, number[]> {
  const found = new Map<string, number[]>();
  for (const pid of list("").filter((entry) => /^\d+$/.test(entry))) {
    const environ = `\0${readProc(`${pid}/environ`)}`;
    const start = environ.indexOf(`\0${name}=`);
    if (start < 0) continue;
    const value = environ.slice(start + name.length + 2, environ.indexOf("\0", start + 1));
    found.set(value, [...(found.get(value) ?? []), Number(pid)]);
  }
  return found;
}

/** Sends a signal; a process that is gone is no error. */
export function signalProcess(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
  }
}

/** The fields behind the program's name, which may hold blanks and brackets itself; the first one is the state. */
function fieldsOf(stat: string): string[] {
  const end = stat.lastIndexOf(")");
  return end < 0 ? [] : stat.slice(end + 2).split(" ");
}

/** Empty where the process has gone meanwhile, or is somebody else's. */
export function readProc(path: string): string {
  try {
    return readFileSync(`/proc/${path}`, "utf8");
  } catch {
    return "";
  }
}

function list(path: string): string[] {
  try {
    return readdirSync(`/proc/${path}`);
  } catch {
    return []; // It has gone meanwhile.
  }
}

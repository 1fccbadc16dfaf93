import { constants } from "node:os";
import type { Observation, SessionOutcome } from "../../session-driver.ts";

export interface ProgramEnd extends Pick<SessionOutcome, "exitCode" | "cause" | "outOfMemory"> {
  /** First word of what was run. */
  readonly program: string | undefined;
  /** What else is known, put behind the sentence. */
  readonly why: string | undefined;
}

/** The end of an attempt in words, and as facts. */
export function describeEnd(end: ProgramEnd): Pick<Observation, "reason" | "message" | "outcome"> {
  const { cause, outOfMemory, why } = end;
  // Nothing but SIGKILL leaves no exit code behind; of attempts that nobody saw it cannot be said.
  const wasKilled = end.exitCode === null && cause !== "not-started" && cause !== "lost";
  const exitCode = wasKilled ? 128 + constants.signals.SIGKILL : end.exitCode;
  const signal = exitCode !== null && exitCode > 128 ? signalName(exitCode - 128) : null;
  const [reason, sentence] = words({ ...end, exitCode }, signal);
  const message = why === undefined || cause === "stopped" ? sentence : `${sentence}: ${why}`;
  return { reason, message, outcome: { exitCode, signal, outOfMemory, cause } };
}

function words(end: ProgramEnd, signal: string | null): [reason: string, sentence: string] {
  const { cause, exitCode, program } = end;
  if (end.outOfMemory && exitCode !== 0) return ["OOMKilled", "it needed more memory than it was given"];
  if (cause === "not-started") return ["NotStarted", "it did not start"];
  if (cause === "lost") return ["Lost", "it ended while nobody could see how"];
  if (cause === "deadline") return ["DeadlineExceeded", "it was ended at its time limit"];
  if (cause === "stopped") return ["Stopped", "it was ended on request"];
  if (exitCode === 0) return ["Completed", "exited with code 0"];
  if (exitCode === 127)
    return ["Error", `exited with code 127: ${program}, or a program that it calls, was not found`];
  if (exitCode === 126) return ["Error", `exited with code 126: ${program} cannot be executed`];
  if (signal !== null) return ["Error", `exited with code ${exitCode}: ended by ${signal}`];
  return ["Error", `exited with code ${exitCode}`];
}

function signalName(number: number): string | null {
  return Object.entries(constants.signals).find(([, value]) => value === number)?.[0] ?? null;
}

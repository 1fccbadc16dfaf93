import type { SessionEvent, SessionStatus } from "@canfar/contract";
import type { Observation, SessionPhase } from "@canfar/drivers";
import type { GroupDetails } from "../records/group-store.ts";
import type { SessionChange, SessionRecord } from "../records/session-store.ts";
import { itemsEndText } from "./items/items-end.ts";

const ORDER: Readonly<Record<string, number>> = {
  queued: 0,
  admitted: 1,
  preparing: 2,
  starting: 3,
  running: 4,
  ended: 5,
};

/**
 * What an Observation means for a Session's record; pure. The same Observation again changes nothing.
 *
 * @returns null where the Observation is older than the record
 */
export function changeFor(
  record: SessionRecord,
  observation: Observation,
  options: {
    interactive: boolean;
    lifetimeSeconds: number;
    details?: Pick<GroupDetails, "items"> | undefined;
  },
): SessionChange | null {
  if (observation.attempt !== record.attempt || record.phase === "ended") return null;
  // Its attempt is over, and it waits for the next one.
  if (record.phase === "queued") return null;
  if ((ORDER[observation.phase] ?? 0) < (ORDER[record.phase] ?? 0)) return null;
  const started = observation.startedAt ?? null;
  const { reason, message } = observation;
  const change: SessionChange = {
    ...{
      phase: observation.phase,
      status: statusOf(observation.phase, observation, record),
      reason,
      message,
    },
    ...(started !== null && record.startedAt === null
      ? { startedAt: started, expiresAt: later(started, options.lifetimeSeconds) }
      : {}),
  };
  if (observation.phase !== "ended") return change;
  const end = endOf(record, observation);
  const hasItems = options.details?.items !== undefined && end.reason === "Error";
  const itemsEnd = hasItems ? itemsEndText(end.exitCode ?? null) : null;
  return { ...change, ...end, ...(itemsEnd === null ? {} : { message: itemsEnd }) };
}

function statusOf(phase: SessionPhase, observation: Observation, record: SessionRecord): SessionStatus {
  if (phase === "ended") return "Failed";
  if (record.stopCause !== null) return "Terminating";
  return phase === "running" && observation.ready ? "Running" : "Pending";
}

function endOf(record: SessionRecord, { at, outcome, reason, message }: Observation): SessionChange {
  const exitCode = outcome?.exitCode ?? null;
  const end = { endedAt: at, exitCode };
  if (record.stopCause === "expired") {
    return {
      ...end,
      status: "Failed",
      reason: "DeadlineExceeded",
      message: "it reached the end of its life",
    };
  }
  if (outcome === undefined) return { ...end, status: "Failed", reason, message };
  const completed = outcome.cause === "exited" && exitCode === 0;
  return {
    ...end,
    status: completed ? "Completed" : "Failed",
    reason: reasonOf(outcome, completed),
    message: message || (exitCode === null ? "its end was not seen" : `exited with code ${exitCode}`),
  };
}

function reasonOf(outcome: NonNullable<Observation["outcome"]>, completed: boolean): string {
  if (completed) return "Completed";
  if (outcome.outOfMemory) return "OOMKilled";
  switch (outcome.cause) {
    case "deadline":
      return "DeadlineExceeded";
    case "not-started":
      return "NotStarted";
    case "lost":
      return "Lost";
    case "stopped":
      return "Stopped";
    default:
      return "Error";
  }
}

/** Reasons that somebody should look at. */
export function eventType(observation: Observation): SessionEvent["type"] {
  const { outcome, reason } = observation;
  if (outcome !== undefined)
    return outcome.cause === "exited" && outcome.exitCode === 0 ? "Normal" : "Warning";
  return /Fail|Full|Error|Back/.test(reason) ? "Warning" : "Normal";
}

/** @param time ISO 8601 */
export function later(time: string, seconds: number): string {
  return new Date(Date.parse(time) + seconds * 1000).toISOString();
}

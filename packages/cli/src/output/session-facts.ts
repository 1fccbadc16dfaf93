import { type Session, shortImageReference } from "@canfar/contract";
import type { Paint } from "./colour.ts";
import { paintStatus, statusText } from "./session-table.ts";
import type { Fact } from "./table.ts";
import { formatInstant } from "./time.ts";

/** Everything about one Session. */
export function sessionFacts(session: Session, now: Date, paint: Paint): Fact[] {
  const time = (instant: string | undefined) => formatInstant(instant, now);
  const place =
    session.replicaCount === undefined || session.replicaCount === 1
      ? undefined
      : `${session.replicaIndex} of ${session.replicaCount} in group ${session.group}`;
  return [
    ["Session ID", session.id],
    ["Name", session.name],
    ["Status", paintStatus(statusText(session), session.status, paint)],
    ["Message", session.message],
    ["Exit code", text(session.exitCode)],
    ["Kind", session.kind],
    ["Image", session.image === undefined ? undefined : shortImageReference(session.image)],
    ["Replica", place],
    ["Attempt", session.attempt === 1 ? undefined : text(session.attempt)],
    ["User", session.username],
    ["UID, GID", session.uid === undefined ? undefined : `${session.uid}, ${session.gid ?? "-"}`],
    ["Groups", session.groups.join(", ")],
    ["Created", time(session.createdAt)],
    ["Started", time(session.startedAt)],
    ["Ended", time(session.endedAt)],
    ["Expires", time(session.expiresAt)],
    ["CPU", usage(session.coresInUse, session.requestedCores, "cores")],
    ["Memory", usage(session.memoryInUseGB, session.requestedMemoryGB, "GB")],
    ["GPUs", session.requestedGpus ? text(session.requestedGpus) : undefined],
    ["Resources", session.fixedResources ? "fixed" : "flexible"],
    ["Address", session.connectUrl],
  ];
}

function text(value: number | undefined): string | undefined {
  return value === undefined ? undefined : String(value);
}

function usage(used: number | undefined, asked: number | undefined, unit: string): string | undefined {
  if (used === undefined) return asked === undefined ? undefined : `${asked} ${unit} asked for`;
  return asked === undefined ? `${used} ${unit} in use` : `${used} of ${asked} ${unit} in use`;
}

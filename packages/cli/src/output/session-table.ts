import { type Session, type SessionStatus, shortImageReference } from "@canfar/contract";
import type { Colour, Paint } from "./colour.ts";
import type { Column } from "./table.ts";
import { formatAge } from "./time.ts";

const STATUS_COLOURS: Readonly<Record<SessionStatus, Colour>> = {
  Pending: "yellow",
  Running: "green",
  Terminating: "dim",
  Completed: "blue",
  Failed: "red",
};

/** The status with what it needs beside it: `Failed (127)`, `Failed (OOMKilled)`, `Pending (PullingImage)`. */
export function statusText({
  status,
  reason,
  exitCode,
}: Pick<Session, "status" | "reason" | "exitCode">): string {
  if (status === "Failed") {
    const named = reason !== undefined && reason !== "Error" ? reason : undefined;
    const why = [named, exitCode].filter((part) => part !== undefined).join(", ");
    return why === "" ? status : `${status} (${why})`;
  }
  return status === "Pending" && reason !== undefined ? `${status} (${reason})` : status;
}

export function paintStatus(text: string, status: SessionStatus, paint: Paint): string {
  return paint(STATUS_COLOURS[status], text);
}

/** Columns of `canfar ps`. */
export function sessionColumns(now: Date): Column<Session>[] {
  return [
    { title: "SESSION ID", value: ({ id }) => id },
    { title: "NAME", value: ({ name }) => name ?? "-", shrinks: true },
    { title: "KIND", value: ({ kind }) => kind },
    {
      title: "STATUS",
      value: statusText,
      paint: (text, { status }, paint) => paintStatus(text, status, paint),
    },
    { title: "IMAGE", value: ({ image }) => shortImageReference(image ?? "-"), shrinks: true },
    { title: "CREATED", value: ({ createdAt, startedAt }) => formatAge(createdAt ?? startedAt, now) },
  ];
}

/** Oldest first; those without a time last, Replicas of one moment in their order. */
export function byAge(a: Session, b: Session): number {
  const time = (session: Session) => session.createdAt ?? session.startedAt ?? "\uffff";
  if (time(a) !== time(b)) return time(a) < time(b) ? -1 : 1;
  return (a.replicaIndex ?? 0) - (b.replicaIndex ?? 0);
}

import { type Group, type ReplicaCounts, type SessionStatus, shortImageReference } from "@canfar/contract";
import { type BarStyle, drawBar, paintBar } from "./bar.ts";
import { paintStatus, statusText } from "./session-table.ts";
import type { Column } from "./table.ts";
import { formatAge } from "./time.ts";

/** Replicas that there are; deleted ones are not. */
export function totalOf({ pending, running, completed, failed }: ReplicaCounts): number {
  return pending + running + completed + failed;
}

/** How far a Group is, in numbers: `37/100, 2 failed, 10 running`. */
export function countsText(counts: ReplicaCounts): string {
  const { completed, failed, running } = counts;
  return [
    `${completed + failed}/${totalOf(counts)}`,
    ...(failed > 0 ? [`${failed} failed`] : []),
    ...(running > 0 ? [`${running} running`] : []),
  ].join(", ");
}

/** How far a Group is, as a bar and numbers; a single Session's status. */
export function progressText(group: Group, bar: BarStyle): string {
  if (group.session !== undefined) return statusText(group.session);
  return `${drawBar(group.counts, bar)} ${countsText(group.counts)}`;
}

/** Columns of `canfar ps`: one line a Group. */
export function groupColumns(now: Date, bar: BarStyle): Column<Group>[] {
  return [
    { title: "ID", value: ({ id }) => id },
    { title: "NAME", value: ({ name }) => name || "-", shrinks: true },
    { title: "KIND", value: ({ kind }) => kind },
    {
      title: "STATUS",
      value: (group) => progressText(group, bar),
      paint: (text, { session }, paint) =>
        session === undefined ? paintBar(text, bar, paint) : paintStatus(text, session.status, paint),
    },
    { title: "IMAGE", value: ({ image }) => shortImageReference(image || "-"), shrinks: true },
    { title: "CREATED", value: ({ createdAt }) => formatAge(createdAt || undefined, now) },
  ];
}

/** True where at least one Replica of the Group has the status. */
export function hasStatus({ counts, session }: Group, status: SessionStatus): boolean {
  if (session !== undefined) return session.status === status;
  switch (status) {
    case "Pending":
      return counts.pending > 0;
    case "Completed":
      return counts.completed > 0;
    case "Failed":
      return counts.failed > 0;
    default:
      return counts.running > 0;
  }
}

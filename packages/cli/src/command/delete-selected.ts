import type { SelectedReplicas } from "@canfar/client";
import { isEnded, type Session, selectsAll } from "@canfar/contract";
import { groupColumns, totalOf } from "../output/group-table.ts";
import { sessionColumns } from "../output/session-table.ts";
import { confirm } from "./confirm.ts";
import type { Context } from "./context.ts";
import { forEvery } from "./every.ts";
import { selectedSessions, selectorText } from "./selected.ts";

export interface DeleteFlags {
  readonly yes?: boolean;
  readonly force?: boolean;
  readonly dryRun?: boolean;
}

/** What would be deleted of one Group. */
interface Part {
  readonly selected: SelectedReplicas;
  readonly label: string;
  readonly count: number;
  /** Of these, so many wait or run. */
  readonly active: number;
  /** Absent where all of a Group is meant, which needs no list. */
  readonly sessions?: readonly Session[];
}

/** Says how much it is, asks, and deletes it; with `--dry-run` only shows. */
export async function deleteSelected(
  context: Context,
  selected: readonly SelectedReplicas[],
  flags: DeleteFlags,
): Promise<void> {
  const parts = await Promise.all(selected.map((each) => partOf(context, each)));
  if (flags.dryRun) return show(context, parts);
  if (!flags.yes && !flags.force) await confirm(context, question(parts));
  const { groups } = await context.client();
  await forEvery(context, parts, async ({ selected, label, count }) => {
    const deleted = await groups.delete(selected.group.id, selected.replicas);
    const many = count === 1 && deleted.length === 1 ? "" : `: ${sessionsText(deleted.length)}`;
    context.say(`Deleted ${label}${many}.`);
  });
}

async function partOf(context: Context, selected: SelectedReplicas): Promise<Part> {
  const { group, replicas } = selected;
  if (selectsAll(replicas)) {
    const { counts, id, name } = group;
    const count = totalOf(counts);
    const label =
      count === 1 ? `${id}${name === "" ? "" : ` (${name})`}` : `${selectorText(selected)} (${id})`;
    return { selected, label, count, active: counts.pending + counts.running };
  }
  const sessions = await selectedSessions(context, selected);
  const [only] = sessions;
  const label = sessions.length === 1 ? `${only?.id} (${only?.name ?? group.name})` : selectorText(selected);
  const active = sessions.filter(({ status }) => !isEnded(status)).length;
  return { selected, label, count: sessions.length, active, sessions };
}

function question(parts: readonly Part[]): string {
  const count = parts.reduce((sum, part) => sum + part.count, 0);
  const active = parts.reduce((sum, part) => sum + part.active, 0);
  const labels = parts.slice(0, 5).map(({ label }) => label);
  const more = parts.length > labels.length ? ", …" : "";
  // Of a single one everybody knows; of many it must be said what work is lost.
  const lost = count > 1 && active > 0 ? `, of which ${active} wait or run` : "";
  return `Delete ${sessionsText(count)}${lost}: ${labels.join(", ")}${more}?`;
}

function show(context: Context, parts: readonly Part[]): void {
  const wholes = parts.filter(({ sessions }) => sessions === undefined).map(({ selected }) => selected.group);
  context.table(wholes, groupColumns(context.now(), context.barStyle));
  context.table(
    parts.flatMap(({ sessions = [] }) => sessions),
    sessionColumns(context.now()),
  );
  context.say(`${sessionsText(parts.reduce((sum, { count }) => sum + count, 0))} would be deleted.`);
}

function sessionsText(count: number): string {
  return count === 1 ? "1 Session" : `${count} Sessions`;
}

import type { SelectedReplicas } from "@canfar/client";
import { CanfarError, formatReplicaSelector, type Session } from "@canfar/contract";
import { AlreadyReported } from "../output/errors.ts";
import type { Context } from "./context.ts";
import { combinedExitCode } from "./exit-code.ts";

/**
 * Does something with the Groups and Replicas that words of the command line mean. What means nothing stops nothing: it
 * is reported, the rest is done, and the exit code tells.
 *
 * @throws CanfarError where one word was given and means nothing
 * @throws AlreadyReported after the action where one of several means nothing; before it where none means anything
 */
export async function withSelected(
  context: Context,
  words: readonly string[],
  action: (selected: readonly SelectedReplicas[]) => Promise<void>,
): Promise<void> {
  const { groups } = await context.client();
  const { selected, failures } = await groups.resolveEach(words);
  if (words.length === 1 && failures[0] !== undefined) throw failures[0];
  for (const failure of failures) context.report(failure);
  if (selected.length > 0) await action(selected);
  if (failures.length > 0) throw new AlreadyReported(combinedExitCode(selected.length, failures));
}

/** The same, for one after the other; each failure is reported, and the exit code tells of all. */
export async function forEachSelected(
  context: Context,
  words: readonly string[],
  action: (selected: SelectedReplicas) => Promise<void>,
): Promise<void> {
  await withSelected(context, words, async (selected) => {
    const failures: unknown[] = [];
    for (const each of selected) {
      try {
        await action(each);
      } catch (error) {
        if (selected.length === 1) throw error;
        failures.push(error);
        if (!(error instanceof AlreadyReported)) context.report(error);
      }
    }
    if (failures.length > 0)
      throw new AlreadyReported(combinedExitCode(selected.length - failures.length, failures));
  });
}

/** Words by which a user names it again: `stars`, `stars[3-10]`. */
export function selectorText({ group, replicas }: SelectedReplicas): string {
  return formatReplicaSelector({ target: group.name || group.id, replicas });
}

/**
 * Sessions of the selected Replicas.
 *
 * @throws CanfarError `session.not_found` where nothing is selected, because of their states or as they are deleted
 */
export async function selectedSessions(context: Context, selected: SelectedReplicas): Promise<Session[]> {
  const { groups } = await context.client();
  const { group, replicas } = selected;
  const sessions = await groups.replicas(group.id, replicas);
  if (sessions.length > 0) return sessions;
  throw new CanfarError("session.not_found", {
    message: `There is no ${selectorText(selected)}: nothing of ${group.name || group.id} fits`,
    hint: `See what there is with \`canfar ps ${group.name || group.id}\`.`,
    details: { group: group.id },
  });
}

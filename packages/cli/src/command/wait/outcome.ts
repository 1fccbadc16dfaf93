import { formatReplicaSelection, rangesOf, selectsAll } from "@canfar/contract";
import { totalOf } from "../../output/group-table.ts";
import { statusText } from "../../output/session-table.ts";
import { formatDuration } from "../../output/time.ts";
import type { Context } from "../context.ts";
import { EXIT } from "../exit-code.ts";
import { quoted } from "../missing-dashes.ts";
import { selectorText } from "../selected.ts";
import { type Ended, sum } from "./wait-for.ts";

/** Failed Replicas that are named in one sentence. */
const MOST_NAMED = 60;

/**
 * The exit code of a wait: a single Session's own; else 0 when all completed, 1 when all failed, 7 when only some did.
 */
export function outcomeExitCode(ended: readonly Ended[]): number {
  const [only] = ended;
  if (ended.length === 1 && only?.session !== undefined) {
    const { status, exitCode = EXIT.failure } = only.session;
    if (status === "Completed") return EXIT.ok;
    // A Session may have failed although its program ended well: its time was over, for example.
    return exitCode === 0 ? EXIT.failure : exitCode;
  }
  const { completed, failed } = sum(ended.map(({ counts }) => counts));
  if (failed === 0) return EXIT.ok;
  return completed === 0 ? EXIT.failure : EXIT.partial;
}

/** Says on standard error how each has ended, what failed, and what to do next. */
export async function sayOutcome(context: Context, ended: readonly Ended[]): Promise<void> {
  for (const each of ended) {
    const { session } = each;
    if (session !== undefined) {
      const { id, name, status, message } = session;
      const why = status === "Completed" || message === undefined ? "" : `: ${message}`;
      context.say(`${name ?? id} has ended: ${statusText(session)}${why}`);
      if (status !== "Completed") sayNext(context, `canfar logs ${quoted(name ?? id)}`);
    } else await sayGroupOutcome(context, each);
  }
}

async function sayGroupOutcome(context: Context, { selected, group, counts }: Ended): Promise<void> {
  const name = group.name || group.id;
  const { failed, completed } = counts;
  const total = totalOf(counts);
  const took =
    group.startedAt === undefined || group.endedAt === undefined || !selectsAll(selected.replicas)
      ? ""
      : ` in ${formatDuration(Date.parse(group.endedAt) - Date.parse(group.startedAt))}`;
  if (failed === 0) {
    context.say(`${selectorText(selected)}: all ${total} Replicas completed${took}.`);
    return;
  }
  const which = await failedReplicas(context, selected);
  context.say(
    `${selectorText(selected)}: ${completed} of ${total} Replicas completed${took}, ${failed} failed: ${which}`,
  );
  sayNext(context, `canfar report ${quoted(name)}`);
  sayNext(context, `canfar logs ${quoted(`${name}[failed]`)}`);
  sayNext(context, `canfar rerun ${quoted(name)} --failed`);
}

async function failedReplicas(context: Context, { group, replicas }: Ended["selected"]): Promise<string> {
  const { groups } = await context.client();
  const failed = await groups.replicas(group.id, { ranges: [], states: ["failed"] });
  const inside = selectsAll(replicas)
    ? null
    : new Set((await groups.replicas(group.id, replicas)).map(({ id }) => id));
  const indices = failed.flatMap(({ id, replicaIndex = 1 }) =>
    inside === null || inside.has(id) ? replicaIndex : [],
  );
  const text = formatReplicaSelection({ ranges: rangesOf(indices), states: [] });
  return text.length <= MOST_NAMED ? text : `${text.slice(0, text.lastIndexOf(",", MOST_NAMED))},…`;
}

function sayNext(context: Context, command: string): void {
  context.say(context.paintTalk("dim", `Next:  ${command}`));
}

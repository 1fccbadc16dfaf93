import type { SelectedReplicas } from "@canfar/client";
import { ALL_REPLICAS, CanfarError, type ReplicaSelection, rangesOf, selectsAll } from "@canfar/contract";
import type { Context } from "../command/context.ts";
import { defineCommand } from "../command/define-command.ts";
import { dryRunFlag, flag, names, outputFlag, quietFlag } from "../command/flags.ts";
import { printIds } from "../command/launch/launch-and-tell.ts";
import { quoted } from "../command/missing-dashes.ts";
import { selectorText, withSelected } from "../command/selected.ts";
import { outcomeExitCode, sayOutcome } from "../command/wait/outcome.ts";
import { waitFor } from "../command/wait/wait-for.ts";
import type { OutputFormat } from "../output/data.ts";
import { AlreadyReported } from "../output/errors.ts";
import { sessionColumns } from "../output/session-table.ts";

interface Flags {
  readonly failed?: boolean;
  readonly all?: boolean;
  readonly setAside?: boolean;
  readonly wait?: boolean;
  readonly dryRun?: boolean;
  readonly output?: OutputFormat;
  readonly quiet?: boolean;
}

export const rerun = defineCommand<Flags, string[]>({
  brief: "Run ended Replicas again, the failed ones of a Group",
  details:
    "Run ended Replicas and Sessions again, as the next attempts of the same Sessions: ids stay, and so does what they wrote before. Of a whole Group the failed ones are meant, unless --all is given.",
  examples: ["canfar rerun stars --failed", "canfar rerun 'stars[3-10]'", "canfar rerun stars --all --wait"],
  parameters: {
    flags: {
      failed: flag("Only what has failed"),
      all: flag("All that have ended"),
      setAside: flag("Items that were set aside as well, not only failed ones"),
      wait: flag("Wait until they have ended, and give their exit code"),
      dryRun: dryRunFlag,
      output: outputFlag,
      quiet: quietFlag,
    },
    aliases: { o: "output", q: "quiet" },
    positional: names,
  },
  async run(context, flags, ...words) {
    if (flags.failed && flags.all)
      throw new CanfarError("command.usage", { message: "--failed and --all cannot both be given" });
    await withSelected(context, words, async (selected) => {
      const meant = await Promise.all(selected.map((each) => narrowed(context, each, flags)));
      if (flags.dryRun) return await show(context, meant);
      await runAgain(context, meant, flags);
    });
  },
});

/** The Replicas that the options choose among those that the word names. */
async function narrowed(
  context: Context,
  selected: SelectedReplicas,
  flags: Flags,
): Promise<SelectedReplicas> {
  const { group, replicas } = selected;
  if (selectsAll(replicas)) {
    // Who names a single Session means it, however it ended.
    if (flags.all || (group.replicaCount === 1 && !flags.failed)) return { group, replicas: ENDED };
    return { group, replicas: FAILED };
  }
  if (!flags.failed) return selected;
  const { groups } = await context.client();
  const failed = (await groups.replicas(group.id, replicas)).filter(({ status }) => status === "Failed");
  return {
    group,
    replicas: { ranges: rangesOf(failed.map(({ replicaIndex = 1 }) => replicaIndex)), states: [] },
  };
}

const FAILED: ReplicaSelection = { ranges: [], states: ["failed"] };
const ENDED: ReplicaSelection = { ranges: [], states: ["completed", "failed"] };

async function show(context: Context, meant: readonly SelectedReplicas[]): Promise<void> {
  const { groups } = await context.client();
  const sessions = (
    await Promise.all(meant.map(({ group, replicas }) => groups.replicas(group.id, replicas)))
  ).flat();
  context.table(sessions, sessionColumns(context.now()));
  context.say(`${sessions.length === 1 ? "1 Session" : `${sessions.length} Sessions`} would run again.`);
}

async function runAgain(context: Context, meant: readonly SelectedReplicas[], flags: Flags): Promise<void> {
  const { groups } = await context.client();
  const running: SelectedReplicas[] = [];
  for (const each of meant) {
    const { group, replicas } = each;
    const indices = new Map(
      (await groups.replicas(group.id, replicas)).map(({ id, replicaIndex = 1 }) => [id, replicaIndex]),
    );
    const ids =
      indices.size === 0 ? [] : await groups.rerun(group.id, replicas, { setAside: flags.setAside ?? false });
    if (ids.length === 0) {
      context.say(`Nothing to run again: there is no ${selectorText(each)}.`);
      continue;
    }
    await printIds(context, ids, flags.output);
    const many = ids.length === 1 ? "1 Session" : `${ids.length} Sessions`;
    if (!flags.quiet) context.say(`${many} of ${group.name || group.id} will run again.`);
    const ranges = rangesOf(ids.flatMap((id) => indices.get(id) ?? []));
    running.push({ group, replicas: group.replicaCount === 1 ? ALL_REPLICAS : { ranges, states: [] } });
  }
  if (running.length === 0) return;
  if (!flags.wait) {
    const [first] = running;
    if (!flags.quiet && context.canAsk && first !== undefined)
      context.say(
        context.paintTalk("dim", `Next:  canfar wait ${quoted(first.group.name || first.group.id)}`),
      );
    return;
  }
  const ended = await waitFor(context, running, { quiet: flags.quiet });
  if (!flags.quiet) await sayOutcome(context, ended);
  const code = outcomeExitCode(ended);
  if (code !== 0) throw new AlreadyReported(code);
}

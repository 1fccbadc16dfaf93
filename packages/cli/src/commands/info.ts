import type { SelectedReplicas } from "@canfar/client";
import { selectsAll } from "@canfar/contract";
import { encodeGroup, type WireSession } from "@canfar/contract/wire";
import type { Context } from "../command/context.ts";
import { defineCommand } from "../command/define-command.ts";
import { names, outputFlag } from "../command/flags.ts";
import { forEachSelected, selectedSessions } from "../command/selected.ts";
import type { OutputFormat } from "../output/data.ts";
import { groupFacts } from "../output/group-facts.ts";
import { sessionFacts } from "../output/session-facts.ts";
import { type Fact, formatFacts } from "../output/table.ts";

export const info = defineCommand<{ output?: OutputFormat }, string[]>({
  brief: "Show everything about Groups and Sessions",
  examples: ["canfar info d1tsqexh", "canfar info stars", "canfar info stars-7", "canfar info @last -o json"],
  parameters: { flags: { output: outputFlag }, aliases: { o: "output" }, positional: names },
  async run(context, { output }, ...words) {
    const found: unknown[] = [];
    let printed = 0;
    const print = (facts: readonly Fact[]) =>
      context.write(`${printed++ > 0 ? "\n" : ""}${formatFacts(facts, context.paint)}`);
    const look = async (selected: SelectedReplicas) => {
      const { group } = selected;
      if (isSeveral(selected)) {
        if (output !== undefined) found.push(encodeGroup(group));
        else print(groupFacts(group, { now: context.now(), paint: context.paint, bar: context.barStyle }));
        return;
      }
      const sessions = await selectedSessions(context, selected);
      if (output !== undefined) found.push(...(await asSent(context, new Set(sessions.map(({ id }) => id)))));
      else for (const session of sessions) print(sessionFacts(session, context.now(), context.paint));
    };
    try {
      await forEachSelected(context, words, look);
    } finally {
      if (output !== undefined) await context.data(found, output);
    }
  },
});

/** A whole Group of several Replicas is described as one thing. */
function isSeveral({ group, replicas }: SelectedReplicas): boolean {
  return selectsAll(replicas) && group.replicaCount > 1;
}

async function asSent(context: Context, ids: ReadonlySet<string>): Promise<WireSession[]> {
  const sessions = await context.asSent();
  if (ids.size === 1) return await sessions.info([...ids]);
  return (await sessions.fetch()).filter(({ id }) => ids.has(id));
}

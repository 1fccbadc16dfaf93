import { ITEM_STATES, type Item, type ItemState, selectsAll } from "@canfar/contract";
import type { Context } from "../command/context.ts";
import { defineCommand } from "../command/define-command.ts";
import { outputFlag } from "../command/flags.ts";
import { proposeNames } from "../command/propose-names.ts";
import { selectedSessions } from "../command/selected.ts";
import type { OutputFormat } from "../output/data.ts";
import { itemColumns } from "../output/item-table.ts";

interface Flags {
  readonly state?: ItemState;
  readonly quiet?: boolean;
  readonly output?: OutputFormat;
}

export const items = defineCommand<Flags, [name: string]>({
  brief: "List the Items of a Group with what became of them",
  details:
    "List the Items of a Group that was launched with --items: which Replica has each, whether it waits, runs, is done, failed or was set aside, and why. What failed is tried again by the next attempt of its Replica; what was set aside is not.",
  examples: [
    "canfar items galaxy-batch",
    "canfar items galaxy-batch --state failed",
    "canfar items @last --state set-aside -q > look-at-these.txt",
  ],
  parameters: {
    flags: {
      state: { kind: "enum", values: ITEM_STATES, brief: "Only Items of this state", optional: true },
      quiet: {
        kind: "boolean",
        brief: "Print the Items alone, one a line",
        optional: true,
        withNegated: false,
      },
      output: outputFlag,
    },
    aliases: { s: "state", q: "quiet", o: "output" },
    positional: {
      kind: "tuple",
      parameters: [
        {
          brief: "Group: id, beginning of one, name, @last, or some of its Replicas: 'NAME[3-10]'",
          parse: String,
          placeholder: "NAME",
          proposeCompletions: proposeNames,
        },
      ],
    },
  },
  async run(context, { state, quiet, output }, word) {
    const found = await itemsOf(context, word, state);
    if (quiet) context.write(found.map(({ item }) => `${item}\n`).join(""));
    else if (output !== undefined) await context.data(found, output);
    else if (found.length > 0) context.table(found, itemColumns());
    else
      context.say(state === undefined ? `${word} has no Items.` : `${word} has no Items that are ${state}.`);
  },
});

/** Of all Replicas, or of those that the word selects. */
async function itemsOf(context: Context, word: string, state: ItemState | undefined): Promise<Item[]> {
  const { groups } = await context.client();
  const selected = await groups.resolve(word);
  const found = await groups.items(selected.group.id, state);
  if (selectsAll(selected.replicas)) return found;
  const sessions = await selectedSessions(context, selected);
  const replicas = new Set(sessions.map(({ replicaIndex }) => replicaIndex));
  return found.filter(({ replica }) => replicas.has(replica));
}

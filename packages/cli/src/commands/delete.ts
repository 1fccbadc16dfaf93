import { defineCommand } from "../command/define-command.ts";
import { type DeleteFlags, deleteSelected } from "../command/delete-selected.ts";
import { dryRunFlag, names, yesFlags } from "../command/flags.ts";
import { withSelected } from "../command/selected.ts";

export const deleteCommand = defineCommand<DeleteFlags, string[]>({
  brief: "End Groups and Sessions and take them off the list",
  details:
    "End Groups, Replicas and Sessions and take them off the list. Files in /arc stay; what is in /scratch goes.",
  examples: [
    "canfar delete d1tsqexh",
    "canfar delete 'stars[pending]' --dry-run",
    "canfar delete -y $(canfar ps -q)",
  ],
  parameters: {
    flags: { ...yesFlags, dryRun: dryRunFlag },
    aliases: { y: "yes", f: "force" },
    positional: names,
  },
  async run(context, flags, ...words) {
    await withSelected(context, words, (selected) => deleteSelected(context, selected, flags));
  },
});

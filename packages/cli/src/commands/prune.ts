import type { SessionKind, SessionStatus } from "@canfar/contract";
import { defineCommand } from "../command/define-command.ts";
import { type DeleteFlags, deleteSelected } from "../command/delete-selected.ts";
import { dryRunFlag, parseKind, parseStatus, yesFlags } from "../command/flags.ts";

type Arguments = [prefix: string, kind?: SessionKind, status?: SessionStatus];

export const prune = defineCommand<DeleteFlags, Arguments>({
  brief: "Delete ended Sessions by the beginning of their names",
  details:
    "Delete the Sessions, Replicas included, whose name begins with PREFIX and that have KIND (headless when left out) and STATUS (Completed when left out).",
  examples: ["canfar prune galaxy-", "canfar prune galaxy- headless Failed --dry-run"],
  parameters: {
    flags: { ...yesFlags, dryRun: dryRunFlag },
    aliases: { y: "yes", f: "force" },
    positional: {
      kind: "tuple",
      parameters: [
        { brief: "Beginning of the names", parse: String, placeholder: "PREFIX" },
        { brief: "Session Kind", parse: parseKind, placeholder: "KIND", optional: true },
        { brief: "Status", parse: parseStatus, placeholder: "STATUS", optional: true },
      ],
    },
  },
  async run(context, flags, prefix, kind = "headless", status = "Completed") {
    const client = await context.client();
    const found = (await client.sessions.list({ kind, status })).filter(({ name }) =>
      name?.startsWith(prefix.toLowerCase()),
    );
    if (found.length === 0) {
      context.say(`No ${status} ${kind} Session has a name that begins with '${prefix}'.`);
      return;
    }
    await deleteSelected(context, await client.groups.select(found), flags);
  },
});

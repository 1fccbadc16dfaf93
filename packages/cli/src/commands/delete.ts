import type { Session } from "@canfar/contract";
import { defineCommand } from "../command/define-command.ts";
import { type DeleteFlags, deleteSessions } from "../command/delete-sessions.ts";
import { forEachInOrder } from "../command/every.ts";
import { EXIT } from "../command/exit-code.ts";
import { dryRunFlag, sessionIds, yesFlags } from "../command/flags.ts";
import { AlreadyReported } from "../output/errors.ts";

export const deleteCommand = defineCommand<DeleteFlags, string[]>({
  brief: "End Sessions and take them off the list",
  details: "End Sessions and take them off the list. Files in /arc stay; what is in /scratch goes.",
  examples: ["canfar delete d1tsqexh", "canfar delete -y $(canfar ps -q)"],
  parameters: {
    flags: { ...yesFlags, dryRun: dryRunFlag },
    aliases: { y: "yes", f: "force" },
    positional: sessionIds,
  },
  async run(context, flags, ...ids) {
    const client = await context.client();
    const sessions: Session[] = [];
    // What cannot be found stops nothing: the rest is deleted and the exit code tells.
    const failure = await forEachInOrder(context, ids, async (reference) => {
      sessions.push(await client.sessions.resolve(reference));
    }).catch((error: unknown) => error);
    if (failure !== undefined && sessions.length === 0) throw failure;
    await deleteSessions(context, sessions, flags);
    if (failure !== undefined) throw new AlreadyReported(EXIT.partial);
  },
});

import { confirm } from "../../command/confirm.ts";
import { defineCommand } from "../../command/define-command.ts";
import { forEachInOrder } from "../../command/every.ts";
import { yesFlags } from "../../command/flags.ts";

export const authPurge = defineCommand<{ yes?: boolean; force?: boolean }>({
  brief: "Remove all saved logins",
  parameters: { flags: yesFlags, aliases: { y: "yes", f: "force" } },
  async run(context, { yes, force }) {
    const authentication = await context.authentication();
    const logins = await authentication.list();
    if (logins.length === 0) return context.say("No saved logins.");
    if (!yes && !force)
      await confirm(context, `Remove all saved logins (${logins.map(({ idp }) => idp).join(", ")})?`);
    await forEachInOrder(context, logins, async ({ idp }) => {
      await authentication.logout(idp);
      context.say(`Removed the login ${idp}.`);
    });
  },
});

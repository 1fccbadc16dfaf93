import { confirm } from "../../command/confirm.ts";
import { defineCommand } from "../../command/define-command.ts";
import { yesFlags } from "../../command/flags.ts";

export const authRm = defineCommand<{ yes?: boolean; force?: boolean }, [idp: string]>({
  brief: "Remove a saved login",
  parameters: {
    flags: yesFlags,
    aliases: { y: "yes", f: "force" },
    positional: {
      kind: "tuple",
      parameters: [{ brief: "IDP of the login", parse: String, placeholder: "IDP" }],
    },
  },
  async run(context, { yes, force }, idp) {
    const authentication = await context.authentication();
    const active = (await authentication.list()).some((login) => login.idp === idp && login.active);
    if (active && !yes && !force) await confirm(context, `${idp} is the active login. Remove it?`);
    await authentication.logout(idp);
    context.say(`Removed the login ${idp}.`);
  },
});

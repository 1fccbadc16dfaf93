import { defineCommand } from "../../command/define-command.ts";
import { outputFlag } from "../../command/flags.ts";
import type { OutputFormat } from "../../output/data.ts";
import { loginColumns, loginData } from "../../output/login-table.ts";

export const authLs = defineCommand<{ output?: OutputFormat }>({
  brief: "List saved logins",
  parameters: { flags: { output: outputFlag }, aliases: { o: "output" } },
  async run(context, { output }) {
    const logins = await (await context.authentication()).list();
    if (output !== undefined) await context.data(logins.map(loginData), output);
    else if (logins.length > 0) context.table(logins, loginColumns(context.now()));
    else context.say("No saved logins. Log in with `canfar login`.");
  },
});

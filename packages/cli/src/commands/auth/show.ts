import { CanfarError } from "@canfar/contract";
import { defineCommand } from "../../command/define-command.ts";
import { outputFlag } from "../../command/flags.ts";
import type { OutputFormat } from "../../output/data.ts";
import { expiryText, loginData } from "../../output/login-table.ts";
import { formatFacts } from "../../output/table.ts";

export const authShow = defineCommand<{ output?: OutputFormat }>({
  brief: "Show the active login",
  parameters: { flags: { output: outputFlag }, aliases: { o: "output" } },
  async run(context, { output }) {
    const login = (await (await context.authentication()).list()).find(({ active }) => active);
    if (login === undefined) {
      throw new CanfarError("authentication.required", {
        message: "You are not logged in",
        hint: "Log in with `canfar login`.",
      });
    }
    if (output !== undefined) return await context.data(loginData(login), output);
    const facts = [
      ["IDP", login.idp],
      ["Mode", login.mode],
      ["Server", login.server],
      ["Expires", expiryText(login, context.now())],
    ] as const;
    context.write(formatFacts(facts, context.paint));
  },
});

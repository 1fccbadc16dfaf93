import { defineCommand } from "../../command/define-command.ts";

export const authUse = defineCommand<Record<never, never>, [idp: string]>({
  brief: "Make another saved login the active one",
  parameters: {
    positional: {
      kind: "tuple",
      parameters: [{ brief: "IDP of the login", parse: String, placeholder: "IDP" }],
    },
  },
  async run(context, _flags, idp) {
    const login = await (await context.authentication()).use(idp);
    context.say(`Active login: ${login.idp}${login.server === undefined ? "" : `, server ${login.server}`}.`);
  },
});

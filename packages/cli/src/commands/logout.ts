import { defineCommand } from "../command/define-command.ts";

export const logout = defineCommand<Record<never, never>, [idp?: string]>({
  brief: "End a login: revoke its tokens and forget them",
  parameters: {
    positional: {
      kind: "tuple",
      parameters: [
        {
          brief: "IDP of the login; the active one when left out",
          parse: String,
          placeholder: "IDP",
          optional: true,
        },
      ],
    },
  },
  async run(context, _flags, idp) {
    const result = await (await context.authentication()).logout(idp);
    context.say(`Logged out of ${result.idp}.`);
    if (!result.revoked)
      context.say("The server could not be asked to revoke the tokens; they end by themselves.");
  },
});

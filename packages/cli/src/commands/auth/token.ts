import { defineCommand } from "../../command/define-command.ts";

export const authToken = defineCommand({
  brief: "Print an access token of the active login, for other programs",
  details:
    "Print an access token of the active login, renewed if need be. Whoever has it can act as you for its lifetime.",
  examples: ['curl -H "Authorization: Bearer $(canfar auth token)" …'],
  parameters: {},
  async run(context) {
    context.write(`${await (await context.client()).accessToken()}\n`);
  },
});

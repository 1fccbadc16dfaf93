import { defineCommand } from "../../command/define-command.ts";

export const configPath = defineCommand({
  brief: "Print where the configuration file is",
  parameters: {},
  async run(context) {
    context.write(`${(await context.configuration()).path}\n`);
  },
});

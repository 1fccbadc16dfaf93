import { defineCommand } from "../../command/define-command.ts";
import { masked } from "../../command/dotted-key.ts";
import { outputFlag } from "../../command/flags.ts";
import type { OutputFormat } from "../../output/data.ts";

export const configShow = defineCommand<{ output?: OutputFormat }>({
  brief: "Show the configuration, secrets as stars",
  parameters: { flags: { output: outputFlag }, aliases: { o: "output" } },
  async run(context, { output = "yaml" }) {
    await context.data(masked(await (await context.configuration()).read()), output);
  },
});

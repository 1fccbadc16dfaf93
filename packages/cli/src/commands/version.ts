import { defineCommand } from "../command/define-command.ts";
import { outputFlag } from "../command/flags.ts";
import type { OutputFormat } from "../output/data.ts";
import { VERSION } from "../version.ts";

export const version = defineCommand<{ output?: OutputFormat }>({
  brief: "Print the version of canfar",
  parameters: { flags: { output: outputFlag }, aliases: { o: "output" } },
  async run(context, { output }) {
    if (output === undefined) context.write(`${VERSION}\n`);
    else
      await context.data(
        { canfar: VERSION, node: process.versions.node, platform: process.platform },
        output,
      );
  },
});

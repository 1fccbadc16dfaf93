import { defineCommand } from "../../command/define-command.ts";
import { masked, readKey } from "../../command/dotted-key.ts";
import { outputFlag } from "../../command/flags.ts";
import type { OutputFormat } from "../../output/data.ts";

export const configGet = defineCommand<{ output?: OutputFormat }, [key: string]>({
  brief: "Print one value of the configuration",
  examples: ["canfar config get active.server"],
  parameters: {
    flags: { output: outputFlag },
    aliases: { o: "output" },
    positional: { kind: "tuple", parameters: [{ brief: "Dotted key", parse: String, placeholder: "KEY" }] },
  },
  async run(context, { output }, key) {
    const value = readKey(masked(await (await context.configuration()).read()), key);
    if (typeof value === "object" || output !== undefined) await context.data(value, output ?? "json");
    else context.write(`${value}\n`);
  },
});

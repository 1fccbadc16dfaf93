import type { Configuration } from "@canfar/client";
import { CanfarError } from "@canfar/contract";
import { defineCommand } from "../../command/define-command.ts";
import { withKey } from "../../command/dotted-key.ts";

export const configSet = defineCommand<Record<never, never>, [key: string, value: string]>({
  brief: "Change one value of the configuration",
  details:
    "Change one value of the configuration. VALUE is read as YAML. The whole file must be valid afterwards.",
  examples: ["canfar config set console.width 120"],
  parameters: {
    positional: {
      kind: "tuple",
      parameters: [
        { brief: "Dotted key", parse: String, placeholder: "KEY" },
        { brief: "Value, as YAML", parse: String, placeholder: "VALUE" },
      ],
    },
  },
  async run(context, _flags, key, text) {
    const value = await parseYaml(text);
    // The file checks the whole of it before it is written.
    await (await context.configuration()).update((now) => withKey(now, key, value) as Configuration);
    context.say(`Set ${key}.`);
  },
});

async function parseYaml(text: string): Promise<unknown> {
  const { parse } = await import("yaml");
  try {
    return parse(text);
  } catch (error) {
    throw new CanfarError("command.usage", { message: `'${text}' is not a YAML value`, cause: error });
  }
}

import type { Configuration } from "@canfar/client";
import { defineCommand } from "../../command/define-command.ts";
import { readKey, withoutKey } from "../../command/dotted-key.ts";

export const configUnset = defineCommand<Record<never, never>, [key: string]>({
  brief: "Remove one value of the configuration",
  parameters: {
    positional: { kind: "tuple", parameters: [{ brief: "Dotted key", parse: String, placeholder: "KEY" }] },
  },
  async run(context, _flags, key) {
    await (await context.configuration()).update((now) => {
      readKey(now, key);
      return withoutKey(now, key) as Configuration;
    });
    context.say(`Removed ${key}.`);
  },
});

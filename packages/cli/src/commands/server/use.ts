import { defineCommand } from "../../command/define-command.ts";

export const serverUse = defineCommand<Record<never, never>, [selector: string]>({
  brief: "Make another saved server the active one",
  parameters: {
    positional: {
      kind: "tuple",
      parameters: [{ brief: "Server Name or IVOA URI", parse: String, placeholder: "SERVER" }],
    },
  },
  async run(context, _flags, selector) {
    const { name } = await (await context.servers()).use(selector);
    context.say(`Active server: ${name}.`);
  },
});

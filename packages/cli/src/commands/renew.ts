import { defineCommand } from "../command/define-command.ts";
import { forEvery } from "../command/every.ts";
import { sessionIds } from "../command/flags.ts";

export const renew = defineCommand<Record<never, never>, string[]>({
  brief: "Give Sessions their full life again from now",
  parameters: { positional: sessionIds },
  async run(context, _flags, ...ids) {
    const client = await context.client();
    await forEvery(context, ids, async (reference) => {
      const { id } = await client.sessions.resolve(reference);
      await client.sessions.renew(id);
      context.say(`Renewed ${id}.`);
    });
  },
});

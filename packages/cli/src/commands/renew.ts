import { defineCommand } from "../command/define-command.ts";
import { forEvery } from "../command/every.ts";
import { names } from "../command/flags.ts";
import { selectedSessions, withSelected } from "../command/selected.ts";

export const renew = defineCommand<Record<never, never>, string[]>({
  brief: "Give Sessions their full life again from now",
  parameters: { positional: names },
  async run(context, _flags, ...words) {
    const client = await context.client();
    await withSelected(context, words, async (selected) => {
      const sessions = await Promise.all(selected.map((each) => selectedSessions(context, each)));
      await forEvery(context, sessions.flat(), async ({ id }) => {
        await client.sessions.renew(id);
        context.say(`Renewed ${id}.`);
      });
    });
  },
});

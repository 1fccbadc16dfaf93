import type { SessionEvent } from "@canfar/contract";
import { defineCommand } from "../command/define-command.ts";
import { forEachInOrder } from "../command/every.ts";
import { outputFlag, sessionIds } from "../command/flags.ts";
import type { OutputFormat } from "../output/data.ts";
import type { Column } from "../output/table.ts";
import { formatAge } from "../output/time.ts";

export const events = defineCommand<{ output?: OutputFormat }, string[]>({
  brief: "Show what happened to Sessions",
  details: "Show what happened to Sessions, oldest first: waiting, image, start, end.",
  parameters: { flags: { output: outputFlag }, aliases: { o: "output" }, positional: sessionIds },
  async run(context, { output }, ...ids) {
    const client = await context.client();
    const all: (SessionEvent & { session: string })[] = [];
    await forEachInOrder(context, ids, async (reference) => {
      const { id: session } = await client.sessions.resolve(reference);
      const found = await client.sessions.events(session);
      all.push(...found.map((event) => ({ session, ...event })));
      if (output !== undefined) return;
      if (ids.length > 1) context.say(context.paintTalk("bold", session));
      if (found.length === 0) context.say(`Nothing is known to have happened to ${session} yet.`);
      else context.table(found, columns(context.now()));
    });
    if (output !== undefined) await context.data(all, output);
  },
});

function columns(now: Date): Column<SessionEvent>[] {
  return [
    {
      title: "TYPE",
      value: ({ type }) => type,
      paint: (text, { type }, paint) => (type === "Warning" ? paint("yellow", text) : text),
    },
    { title: "REASON", value: ({ reason }) => reason },
    { title: "MESSAGE", value: ({ message }) => message, shrinks: true },
    { title: "FIRST SEEN", value: ({ firstTime }) => formatAge(firstTime, now) },
    { title: "LAST SEEN", value: ({ lastTime }) => formatAge(lastTime, now) },
  ];
}

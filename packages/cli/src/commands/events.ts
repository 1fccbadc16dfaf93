import { CanfarError, type SessionEvent } from "@canfar/contract";
import { defineCommand } from "../command/define-command.ts";
import { names, outputFlag } from "../command/flags.ts";
import { forEachSelected, selectedSessions, selectorText } from "../command/selected.ts";
import type { OutputFormat } from "../output/data.ts";
import type { Column } from "../output/table.ts";
import { formatAge } from "../output/time.ts";

/** A request each: more are no help to a reader, and a burden to the server. */
const MOST_SESSIONS = 200;

export const events = defineCommand<{ output?: OutputFormat }, string[]>({
  brief: "Show what happened to Sessions",
  details: "Show what happened to Sessions, oldest first: waiting, image, start, end.",
  examples: ["canfar events d1tsqexh", "canfar events 'stars[failed]'"],
  parameters: { flags: { output: outputFlag }, aliases: { o: "output" }, positional: names },
  async run(context, { output }, ...words) {
    const client = await context.client();
    const all: (SessionEvent & { session: string })[] = [];
    await forEachSelected(context, words, async (selected) => {
      const sessions = await selectedSessions(context, selected);
      if (sessions.length > MOST_SESSIONS) throw tooMany(selectorText(selected), sessions.length);
      for (const { id: session } of sessions) {
        const found = await client.sessions.events(session);
        all.push(...found.map((event) => ({ session, ...event })));
        if (output !== undefined) continue;
        if (words.length > 1 || sessions.length > 1) context.say(context.paintTalk("bold", session));
        if (found.length === 0) context.say(`Nothing is known to have happened to ${session} yet.`);
        else context.table(found, columns(context.now()));
      }
    });
    if (output !== undefined) await context.data(all, output);
  },
});

function tooMany(name: string, count: number): CanfarError {
  return new CanfarError("command.usage", {
    message: `${name} is ${count} Sessions, too many to read what happened to each`,
    hint: `Choose some, as in \`canfar events '${name.replace(/\[.*$/, "")}[failed]'\`; or see \`canfar report\`.`,
  });
}

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

import { isEnded, type Session, type SessionKind, type SessionStatus } from "@canfar/contract";
import { decodeSession, type WireSession } from "@canfar/contract/wire";
import type { Context } from "../command/context.ts";
import { defineCommand } from "../command/define-command.ts";
import { flag, outputFlag, parseKind, parseStatus, quietFlag } from "../command/flags.ts";
import type { OutputFormat } from "../output/data.ts";
import { byAge, sessionColumns } from "../output/session-table.ts";

const WATCH_MS = 2_000;

interface Flags {
  readonly all?: boolean;
  readonly quiet?: boolean;
  readonly kind?: SessionKind;
  readonly status?: SessionStatus;
  readonly output?: OutputFormat;
  readonly watch?: boolean;
}

export const ps = defineCommand<Flags>({
  brief: "List your Sessions",
  details: "List your Sessions: those that wait or run, with --all also those that have ended.",
  examples: [
    "canfar ps",
    "canfar ps --all -o json",
    "canfar ps -k headless -s Failed",
    "canfar delete $(canfar ps -q)",
  ],
  parameters: {
    flags: {
      all: flag("Include Sessions that have ended"),
      quiet: quietFlag,
      kind: {
        kind: "parsed",
        parse: parseKind,
        brief: "Only Sessions of this kind",
        placeholder: "KIND",
        optional: true,
      },
      status: {
        kind: "parsed",
        parse: parseStatus,
        brief: "Only Sessions with this status",
        placeholder: "STATUS",
        optional: true,
      },
      output: outputFlag,
      watch: flag("Go on showing the list as it changes"),
    },
    aliases: { a: "all", q: "quiet", k: "kind", s: "status", o: "output", w: "watch" },
  },
  async run(context, flags) {
    if (flags.watch) return await watch(context, flags);
    await show(context, flags, await listed(context, flags));
  },
});

/** One Session as we read it, and as the server sent it. */
interface Listed {
  readonly session: Session;
  readonly wire: WireSession;
}

/** @returns what the flags choose, oldest first */
async function listed(context: Context, { all, kind, status }: Flags): Promise<Listed[]> {
  const sent = await (await context.asSent()).fetch({
    ...(kind === undefined ? {} : { kind }),
    ...(status === undefined ? {} : { status }),
  });
  return (
    sent
      .map((wire) => ({ wire, session: decodeSession(wire) }))
      // To ask for a status is to want to see it, whatever it is.
      .filter(({ session }) => all || status !== undefined || !isEnded(session.status))
      .sort((a, b) => byAge(a.session, b.session))
  );
}

async function show(context: Context, flags: Flags, found: readonly Listed[]): Promise<void> {
  const sessions = found.map(({ session }) => session);
  if (flags.quiet) context.write(sessions.map(({ id }) => `${id}\n`).join(""));
  else if (flags.output !== undefined)
    await context.data(
      found.map(({ wire }) => wire),
      flags.output,
    );
  else if (sessions.length > 0) context.table(sessions, sessionColumns(context.now()));
  else if (context.onTerminal || !flags.watch) context.say(nothingText(flags));
}

function nothingText({ all, kind, status }: Flags): string {
  const what = ["No", status, kind, "Sessions"].filter(Boolean).join(" ");
  return all || status
    ? `${what}.`
    : `${what} wait or run. See those that have ended with \`canfar ps --all\`.`;
}

/** On a terminal the list is redrawn in place; elsewhere it is printed again whenever it has changed. */
async function watch(context: Context, flags: Flags): Promise<void> {
  let before = "";
  let lines = 0;
  for (;;) {
    const found = await listed(context, flags);
    const state = JSON.stringify(found.map(({ session: { id, status, reason } }) => [id, status, reason]));
    if (context.onTerminal && lines > 0) context.write(`\x1b[${lines}A\x1b[J`);
    if (context.onTerminal || state !== before) await show(context, flags, found);
    lines = found.length === 0 ? 1 : found.length + 1;
    before = state;
    await new Promise((resolve) => setTimeout(resolve, WATCH_MS));
  }
}

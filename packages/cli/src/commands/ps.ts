import type { SelectedReplicas } from "@canfar/client";
import {
  type Group,
  isEnded,
  isGroupEnded,
  type Session,
  type SessionKind,
  type SessionStatus,
} from "@canfar/contract";
import { decodeSession, encodeGroup, type WireSession } from "@canfar/contract/wire";
import { atIntervals } from "../command/at-intervals.ts";
import type { Context } from "../command/context.ts";
import { defineCommand } from "../command/define-command.ts";
import { flag, namesOrNone, outputFlag, parseKind, parseStatus, quietFlag } from "../command/flags.ts";
import { withSelected } from "../command/selected.ts";
import { formatData, type OutputFormat } from "../output/data.ts";
import { groupColumns, hasStatus } from "../output/group-table.ts";
import { byAge, sessionColumns } from "../output/session-table.ts";

interface Flags {
  readonly all?: boolean;
  readonly groups?: boolean;
  readonly quiet?: boolean;
  readonly kind?: SessionKind;
  readonly status?: SessionStatus;
  readonly output?: OutputFormat;
  readonly watch?: boolean;
}

export const ps = defineCommand<Flags, string[]>({
  brief: "List your Groups and Sessions",
  details:
    "List what waits or runs, with --all also what has ended: a line for each Group and each single Session; with NAMES a line for each of their Replicas. For programs (-o, -q) each Replica is a Session of its own, unless --groups is given.",
  examples: [
    "canfar ps",
    "canfar ps stars",
    "canfar ps 'stars[failed]'",
    "canfar ps --all -o json",
    "canfar ps --all --groups -o json",
    "canfar ps -k headless -s Failed",
  ],
  usage: "[OPTIONS] [NAME...]",
  parameters: {
    flags: {
      all: flag("Include what has ended"),
      groups: flag("Groups instead of Sessions, with -o and -q"),
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
        brief: "Only Sessions with this status, and Groups that have one",
        placeholder: "STATUS",
        optional: true,
      },
      output: outputFlag,
      watch: flag("Go on showing the list as it changes"),
    },
    aliases: { a: "all", q: "quiet", k: "kind", s: "status", o: "output", w: "watch" },
    positional: namesOrNone,
  },
  async run(context, flags, ...names) {
    if (names.length > 0) {
      await withSelected(context, names, (selected) =>
        show(context, flags, sessionView(context, flags, selected)),
      );
      return;
    }
    const forPrograms = flags.quiet === true || flags.output !== undefined;
    const view = forPrograms && !flags.groups ? sessionView(context, flags) : groupView(context, flags);
    await show(context, flags, view);
  },
});

/** What a look has found: as the flags ask for it, and what tells whether anything has changed. */
interface Seen {
  readonly text: string;
  readonly state: string;
}

interface View {
  look(): Promise<Seen>;
}

/** Once, or again and again: on a terminal in place, elsewhere whenever something has changed. */
async function show(context: Context, flags: Flags, view: View): Promise<void> {
  if (!flags.watch) {
    const { text } = await view.look();
    context.write(text);
    if (text === "" && !flags.quiet && flags.output === undefined) context.say(nothingText(flags));
    return;
  }
  const live = context.liveView();
  let before = "";
  await atIntervals(async () => {
    const { text, state } = await view.look();
    if (context.onTerminal) live.show(text || nothingText(flags));
    else if (state !== before) context.write(text);
    before = state;
  });
}

function groupView(context: Context, flags: Flags): View {
  return {
    look: async () => {
      const { groups } = await context.client();
      const found = (await groups.list()).filter((group) => isAskedFor(group, flags));
      const state = JSON.stringify(found.map(({ id, counts, session }) => [id, counts, session?.status]));
      if (flags.quiet) return { text: found.map(({ id }) => `${id}\n`).join(""), state };
      if (flags.output !== undefined)
        return { text: await formatData(found.map(encodeGroup), flags.output), state };
      const columns = groupColumns(context.now(), context.barStyle);
      return { text: context.tableText(found, columns), state };
    },
  };
}

function isAskedFor(group: Group, { all, kind, status }: Flags): boolean {
  if (kind !== undefined && group.kind !== kind) return false;
  // To ask for a status is to want to see it, whatever it is.
  return status === undefined ? all === true || !isGroupEnded(group) : hasStatus(group, status);
}

function sessionView(context: Context, flags: Flags, selected?: readonly SelectedReplicas[]): View {
  return {
    look: async () => {
      if (flags.output !== undefined) {
        const found = await listed(context, flags, selected);
        const wires = found.map(({ wire }) => wire);
        return {
          text: await formatData(wires, flags.output),
          state: stateOf(found.map(({ session }) => session)),
        };
      }
      const sessions =
        selected === undefined
          ? (await listed(context, flags)).map(({ session }) => session)
          : (await replicasOf(context, selected)).filter((session) =>
              isWanted(session, { ...flags, all: true }),
            );
      const text = flags.quiet
        ? sessions.map(({ id }) => `${id}\n`).join("")
        : context.tableText(sessions, sessionColumns(context.now()));
      return { text, state: stateOf(sessions) };
    },
  };
}

function stateOf(sessions: readonly Session[]): string {
  return JSON.stringify(sessions.map(({ id, status, reason }) => [id, status, reason]));
}

/** To ask for a status is to want to see it, whatever it is. */
function isWanted(session: Session, { all, kind, status }: Flags): boolean {
  if (kind !== undefined && session.kind !== kind) return false;
  return status === undefined ? all === true || !isEnded(session.status) : session.status === status;
}

/** One Session as we read it, and as the server sent it. */
interface Listed {
  readonly session: Session;
  readonly wire: WireSession;
}

/** @returns what the flags choose, or of it what the words name; oldest first */
async function listed(
  context: Context,
  flags: Flags,
  selected?: readonly SelectedReplicas[],
): Promise<Listed[]> {
  const { kind, status } = flags;
  const named =
    selected === undefined ? null : new Set((await replicasOf(context, selected)).map(({ id }) => id));
  const sent = await (await context.asSent()).fetch({
    ...(kind === undefined ? {} : { kind }),
    ...(status === undefined ? {} : { status }),
  });
  // What is named is shown whether it has ended or not.
  const asked = named === null ? flags : { ...flags, all: true };
  return sent
    .filter(({ id }) => named === null || named.has(id))
    .map((wire) => ({ wire, session: decodeSession(wire) }))
    .filter(({ session }) => isWanted(session, asked))
    .sort((a, b) => byAge(a.session, b.session));
}

async function replicasOf(context: Context, selected: readonly SelectedReplicas[]): Promise<Session[]> {
  const { groups } = await context.client();
  const sessions = await Promise.all(
    selected.map(({ group, replicas }) => groups.replicas(group.id, replicas)),
  );
  return sessions.flat();
}

function nothingText({ all, kind, status }: Flags): string {
  const what = ["No", status, kind, "Sessions"].filter(Boolean).join(" ");
  return all || status
    ? `${what}.`
    : `${what} wait or run. See those that have ended with \`canfar ps --all\`.`;
}

import type { SelectedReplicas } from "@canfar/client";
import {
  CanfarError,
  type GroupLogLine,
  type ReplicaSelection,
  rangesOf,
  replicaName,
  type Session,
  selectsAll,
} from "@canfar/contract";
import type { Colour } from "../../output/colour.ts";
import type { Context } from "../context.ts";
import { forEachInOrder, forEvery } from "../every.ts";
import { selectedSessions } from "../selected.ts";
import { LineWriter } from "./line-writer.ts";
import { WholeLines } from "./whole-text.ts";

export interface LogChoice {
  readonly follow?: boolean | undefined;
  readonly tail?: number | undefined;
  readonly since?: Date | undefined;
  readonly timestamps?: boolean | undefined;
  /** Only lines that match. */
  readonly grep?: string | undefined;
  /** Only of Replicas that failed. */
  readonly failed?: boolean | undefined;
  /** Whose line it is, before each line; absent: where there are several. */
  readonly prefix?: boolean | undefined;
}

const COLOURS: readonly Colour[] = ["cyan", "green", "yellow", "blue", "magenta"];

/**
 * Prints what the selected Replicas have written.
 *
 * @param options.amongOthers there are others whose lines must be told apart from these
 */
export async function printLogs(
  context: Context,
  selected: SelectedReplicas,
  choice: LogChoice,
  options: { amongOthers: boolean },
): Promise<void> {
  const { group } = selected;
  const meant = await chosenReplicas(context, selected, choice);
  const client = await context.client();
  const isOne =
    group.replicaCount === 1 || (meant.ranges.length === 1 && meant.states.length === 0 && isNumber(meant));
  const { groups: native } = await client.features();
  if (isOne && choice.grep === undefined) {
    const [session] = await selectedSessions(context, { group, replicas: meant });
    if (session !== undefined) await printSession(context, session, choice, options.amongOthers);
    return;
  }
  if (native)
    return await printStream(context, { group, replicas: meant }, choice, !isOne || options.amongOthers);
  const sessions = await selectedSessions(context, { group, replicas: meant });
  const print = (session: Session) =>
    printSession(context, session, choice, sessions.length > 1 || options.amongOthers);
  // Followed logs come at the same time, and lines must say whose they are.
  await (choice.follow ? forEvery : forEachInOrder)(context, sessions, print);
}

function isNumber({ ranges: [range] }: ReplicaSelection): boolean {
  return range !== undefined && range.from === range.to;
}

/** With `--failed` only those of the named that have failed; of a whole Group also those that will. */
async function chosenReplicas(
  context: Context,
  { group, replicas }: SelectedReplicas,
  { failed }: LogChoice,
): Promise<ReplicaSelection> {
  if (!failed) return replicas;
  if (selectsAll(replicas)) return { ranges: [], states: ["failed"] };
  const sessions = await selectedSessions(context, { group, replicas });
  const indices = sessions.flatMap(({ status, replicaIndex = 1 }) =>
    status === "Failed" ? replicaIndex : [],
  );
  if (indices.length > 0) return { ranges: rangesOf(indices), states: [] };
  throw new CanfarError("session.not_found", {
    message: `Nothing of what was named of ${group.name || group.id} has failed`,
    hint: "Leave out --failed to see the others.",
  });
}

/** The output of one Session, byte for byte where nothing is put before its lines. */
async function printSession(
  context: Context,
  { id, name = id }: Session,
  choice: LogChoice,
  amongOthers: boolean,
): Promise<void> {
  const { follow, tail, since, timestamps, grep, prefix } = choice;
  const { sessions } = await context.client();
  const prefixed = prefix ?? (amongOthers && follow === true);
  if (amongOthers && !prefixed) context.say(context.paintTalk("bold", `==> ${name} <==`));
  const before = prefixed ? `${context.paint("cyan", `${name} |`)} ` : "";
  const fits = grep === undefined ? null : patternOf(grep);
  const writer = new LineWriter(context, { atOnce: follow === true });
  let last = "\n";
  for await (const line of sessions.logs(id, { follow, tail, since, timestamps })) {
    if (fits !== null && !fits.test(line)) continue;
    await writer.write(before + line);
    last = line;
  }
  if (prefixed && !last.endsWith("\n")) await writer.write("\n");
  await writer.flush();
}

/** The output of many Replicas, from one stream. */
async function printStream(
  context: Context,
  { group, replicas }: SelectedReplicas,
  choice: LogChoice,
  several: boolean,
): Promise<void> {
  const { follow, tail, since, timestamps, grep, prefix = several } = choice;
  const { groups } = await context.client();
  const writer = new LineWriter(context, { atOnce: follow === true });
  const before = prefix ? prefixes(context, group) : () => "";
  const write = async (line: GroupLogLine) =>
    await writer.write(`${before(line.replica)}${timestamps ? `${line.time} ` : ""}${line.text}\n`);
  const whole = new WholeLines();
  for await (const part of groups.logs(group.id, { replicas, follow, tail, since, grep })) {
    const line = whole.accept(part);
    if (line !== null) await write(line);
  }
  for (const line of whole.rest()) await write(line);
  await writer.flush();
}

/** `stars-7 | ` for each Replica: on a terminal in a colour of its own, and as wide as the widest. */
function prefixes(
  context: Context,
  { name, id, replicaCount }: SelectedReplicas["group"],
): (replica: number) => string {
  const known = new Map<number, string>();
  const nameOf = (replica: number) => replicaName(name || id, replica, replicaCount);
  const width = context.onTerminal ? nameOf(replicaCount).length : 0;
  return (replica) => {
    const text =
      known.get(replica) ??
      `${context.paint(COLOURS[(replica - 1) % COLOURS.length] ?? "cyan", `${nameOf(replica).padEnd(width)} |`)} `;
    known.set(replica, text);
    return text;
  };
}

/** @throws CanfarError `command.usage` */
export function patternOf(text: string): RegExp {
  try {
    return new RegExp(text);
  } catch (error) {
    throw new CanfarError("command.usage", {
      message: `'${text}' is not a regular expression`,
      hint: "Put a backslash before a sign that stands for itself.",
      cause: error,
    });
  }
}

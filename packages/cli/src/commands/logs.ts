import { CanfarError, SESSION_ID_PATTERN } from "@canfar/contract";
import type { Context } from "../command/context.ts";
import { defineCommand } from "../command/define-command.ts";
import { forEachInOrder, forEvery } from "../command/every.ts";
import { flag, names } from "../command/flags.ts";
import { type LogChoice, printLogs } from "../command/logs/print-logs.ts";
import { parseCount } from "../command/quantities.ts";
import { parseInstant } from "../output/time.ts";

interface Flags {
  readonly follow?: boolean;
  readonly tail?: number;
  readonly since?: string;
  readonly timestamps?: boolean;
  readonly grep?: string;
  readonly failed?: boolean;
  readonly prefix?: boolean;
}

export const logs = defineCommand<Flags, string[]>({
  brief: "Print what Groups and Sessions have written",
  details:
    "Print what Sessions have written to standard output and standard error, as it is; lines of several Replicas say whose they are. Ctrl-C ends the following, not the Session.",
  examples: [
    "canfar logs d1tsqexh",
    "canfar logs -f --tail 20 @last",
    "canfar logs stars --failed --tail 5",
    "canfar logs -f stars --grep 'warning|error'",
    "canfar logs --since 10m --timestamps 'stars[3-10]'",
  ],
  parameters: {
    flags: {
      follow: flag("Go on until all have ended"),
      tail: {
        kind: "parsed",
        parse: parseCount,
        brief: "Only the last lines, of each Replica",
        placeholder: "LINES",
        optional: true,
      },
      since: {
        kind: "parsed",
        parse: String,
        brief: "Only lines from then on: 10m, 2h, 2026-11-24T12:00:00Z",
        placeholder: "TIME",
        optional: true,
      },
      timestamps: flag("Put the time before each line"),
      grep: {
        kind: "parsed",
        parse: String,
        brief: "Only lines that match a regular expression",
        placeholder: "PATTERN",
        optional: true,
      },
      failed: flag("Only of Replicas that failed"),
      prefix: { kind: "boolean", brief: "Put the Session's name before each line", optional: true },
    },
    aliases: { f: "follow", n: "tail", t: "timestamps", g: "grep", p: "prefix" },
    positional: names,
  },
  async run(context, flags, ...words) {
    const since = flags.since === undefined ? undefined : parseInstant(flags.since, context.now());
    const choice: LogChoice = { ...flags, since };
    const { groups } = await context.client();
    const { selected, failures } = await groups.resolveEach(words);
    const amongOthers = selected.length + failures.length > 1;
    const things = [
      ...selected.map((each) => () => printLogs(context, each, choice, { amongOthers })),
      ...failures.map((failure) => () => printOfDeleted(context, failure, choice)),
    ];
    const [only] = things;
    if (things.length === 1 && only !== undefined) return await only();
    // Followed logs come at the same time.
    await (flags.follow ? forEvery : forEachInOrder)(context, things, (print) => print());
  },
});

/** Logs outlive their Session for some days: by its id they are found, although the Session is on no list. */
async function printOfDeleted(context: Context, failure: CanfarError, choice: LogChoice): Promise<void> {
  const word = String(failure.details.selector ?? "");
  if (failure.code !== "session.not_found" || !SESSION_ID_PATTERN.test(word)) throw failure;
  const { sessions } = await context.client();
  const { tail, since, timestamps } = choice;
  try {
    for await (const line of sessions.logs(word, { tail, since, timestamps })) context.write(line);
  } catch (error) {
    throw error instanceof CanfarError && error.code === "session.not_found" ? failure : error;
  }
}

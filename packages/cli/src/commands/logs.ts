import type { Context } from "../command/context.ts";
import { defineCommand } from "../command/define-command.ts";
import { forEachInOrder, forEvery } from "../command/every.ts";
import { flag, sessionIds } from "../command/flags.ts";
import { parseCount } from "../command/quantities.ts";
import { parseInstant } from "../output/time.ts";

const PIECE_CHARACTERS = 64 * 1024;

interface Flags {
  readonly follow?: boolean;
  readonly tail?: number;
  readonly since?: string;
  readonly timestamps?: boolean;
  readonly prefix?: boolean;
}

export const logs = defineCommand<Flags, string[]>({
  brief: "Print what Sessions have written",
  details:
    "Print what Sessions have written to standard output and standard error, as it is. Ctrl-C ends the following, not the Session.",
  examples: [
    "canfar logs d1tsqexh",
    "canfar logs -f --tail 20 @last",
    "canfar logs --since 10m --timestamps d1tsqexh",
  ],
  parameters: {
    flags: {
      follow: flag("Go on until the Session ends"),
      tail: {
        kind: "parsed",
        parse: parseCount,
        brief: "Only the last lines",
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
      prefix: flag("Put the Session's id before each line"),
    },
    aliases: { f: "follow", n: "tail", t: "timestamps", p: "prefix" },
    positional: sessionIds,
  },
  async run(context, flags, ...ids) {
    const since = flags.since === undefined ? undefined : parseInstant(flags.since, context.now());
    const several = ids.length > 1;
    const print = (reference: string) => printLog(context, reference, { flags, since, several });
    // Followed logs come at the same time, and lines must say whose they are.
    await (flags.follow ? forEvery : forEachInOrder)(context, ids, print);
  },
});

async function printLog(
  context: Context,
  reference: string,
  options: { flags: Flags; since: Date | undefined; several: boolean },
): Promise<void> {
  const { flags, since, several } = options;
  const { sessions } = await context.client();
  const id = await sessions.resolveLog(reference);
  const prefixed = flags.prefix || (several && flags.follow);
  if (several && !prefixed) context.say(context.paintTalk("bold", `==> ${id} <==`));
  const { follow, tail, timestamps } = flags;
  const before = prefixed ? `${id} | ` : "";
  let piece = "";
  for await (const line of sessions.logs(id, { follow, tail, since, timestamps })) {
    piece += before + line;
    // What is followed is shown at once; a finished log of a million lines is not a million writes.
    if (!follow && piece.length < PIECE_CHARACTERS) continue;
    await write(context, piece);
    piece = "";
  }
  await write(context, prefixed && piece !== "" && !piece.endsWith("\n") ? `${piece}\n` : piece);
}

/** Waits where the reader is slow, so that a long log does not pile up in memory. */
async function write(context: Context, text: string): Promise<void> {
  const { stdout } = context.streams;
  if (!stdout.write(text)) await new Promise((resolve) => stdout.once("drain", resolve));
}

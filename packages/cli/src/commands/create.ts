import { existsSync } from "node:fs";
import {
  CanfarError,
  isLaunchableKind,
  LAUNCHABLE_KINDS,
  type LaunchableKind,
  parseImageReference,
  shortImageReference,
} from "@canfar/contract";
import type { Context } from "../command/context.ts";
import { defineCommand } from "../command/define-command.ts";
import { dryRunFlag, outputFlag, quietFlag } from "../command/flags.ts";
import { describeLaunch } from "../command/launch/describe-launch.ts";
import { launchAndTell } from "../command/launch/launch-and-tell.ts";
import { type LaunchFlags, launchAliases, launchFlags } from "../command/launch/launch-flags.ts";
import { launchRequestFrom } from "../command/launch/launch-request.ts";
import type { OutputFormat } from "../output/data.ts";

interface Flags extends LaunchFlags {
  readonly dryRun?: boolean;
  readonly output?: OutputFormat;
  readonly quiet?: boolean;
}

export const create = defineCommand<Flags, [kind: LaunchableKind, image: string]>({
  brief: "Launch a Session, or a Group of Replicas",
  details:
    "Launch a Session and print its id, or with --replicas a Group and print an id a line. Everything behind -- is the command of a headless Session, word for word. Replicas find their place in REPLICA_ID (from 1) and REPLICA_COUNT. With --items each Replica gets its share of a list: {} in the command stands for one item, and the command runs once for each; without {} the share is a file, named in CANFAR_ITEMS_FILE.",
  examples: [
    "canfar create notebook skaha/astroml:latest",
    "canfar create headless skaha/astroml:latest -- python echo.py",
    "canfar create -r 100 -n galaxy-batch headless skaha/astroml:latest -- python batch.py",
    "canfar create --items '/arc/projects/sky/*.fits' headless skaha/astroml:latest -- python measure.py {}",
    "canfar create -r 500 --retries 2 --timeout 90m --max-running 50 headless skaha/astroml:latest -- python b.py",
    "canfar create --after galaxy-batch --wait headless skaha/astroml:latest -- python summarise.py",
  ],
  usage: "[OPTIONS] KIND IMAGE [-- COMMAND ARGS...]",
  parameters: {
    flags: { ...launchFlags, dryRun: dryRunFlag, output: outputFlag, quiet: quietFlag },
    aliases: { ...launchAliases, o: "output", q: "quiet" },
    positional: {
      kind: "tuple",
      parameters: [
        {
          brief: LAUNCHABLE_KINDS.join(", "),
          parse: parseLaunchableKind,
          placeholder: "KIND",
          proposeCompletions: () => [...LAUNCHABLE_KINDS],
        },
        {
          brief: "Container Image: [registry/]project/name[:tag]",
          parse: parseImageReference,
          placeholder: "IMAGE",
          async proposeCompletions(this: Context) {
            return (await (await this.client()).images.list()).map(({ id }) => shortImageReference(id));
          },
        },
      ],
    },
  },
  async run(context, flags, kind, image) {
    const { quiet, output, dryRun, wait } = flags;
    const program = { kind, image, argv: context.afterDashes };
    const say = quiet ? undefined : (line: string) => context.say(line);
    const request = await launchRequestFrom(context, flags, program, { say });
    if (dryRun) await describeLaunch(context, request, output);
    else await launchAndTell(context, request, { output, quiet, wait });
  },
});

function parseLaunchableKind(text: string): LaunchableKind {
  const kind = text.toLowerCase();
  if (isLaunchableKind(kind)) return kind;
  const swapped = text.includes("/") ? " The kind stands before the Container Image." : "";
  throw new CanfarError("session.invalid_kind", {
    message: `'${text}' is not a Session Kind.${swapped}`,
    hint: existsSync(text)
      ? "Did the shell fill in a pattern? Put it in quotes: --items '*.fits'."
      : `Use ${LAUNCHABLE_KINDS.join(", ")}.`,
  });
}

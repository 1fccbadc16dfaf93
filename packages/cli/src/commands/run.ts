import type { RunOptions } from "@canfar/client";
import { CanfarError, isLaunchableKind, parseImageReference } from "@canfar/contract";
import type { Context } from "../command/context.ts";
import { defineCommand } from "../command/define-command.ts";
import { dryRunFlag, flag, outputFlag, quietFlag } from "../command/flags.ts";
import { printIds } from "../command/launch/launch-and-tell.ts";
import { type LaunchFlags, launchAliases, launchFlags } from "../command/launch/launch-flags.ts";
import { launchRequestFrom } from "../command/launch/launch-request.ts";
import { describeRun } from "../command/run-script/describe-run.ts";
import { followToEnd } from "../command/run-script/follow-to-end.ts";
import { sayStarted } from "../command/run-script/say-started.ts";
import { waitForGroup } from "../command/run-script/wait-for-group.ts";
import type { OutputFormat } from "../output/data.ts";

/** A run's list is its parameters', and its folder is new each time: these make no sense for it. */
type NotForRuns = "items" | "split" | "weight" | "requestId";

interface Flags extends Omit<LaunchFlags, NotForRuns> {
  readonly parameter?: readonly string[];
  readonly image?: string;
  readonly alone?: boolean;
  readonly detach?: boolean;
  readonly dryRun?: boolean;
  readonly output?: OutputFormat;
  readonly quiet?: boolean;
}

const {
  items: _items,
  split: _split,
  weight: _weight,
  requestId: _requestId,
  ...runLaunchFlags
} = launchFlags;

export const run = defineCommand<Flags, [script: string]>({
  brief: "Run a script or notebook of yours as a batch",
  details:
    "Carry a script (.py, .sh) or notebook (.ipynb) with what lies beside it to a folder of its own in your home, and run it there. A single one is followed like a local run: its output, its exit code; Ctrl-C leaves it running. A list as parameter makes a copy for each value, spread over Replicas. Scripts get parameters as --name=value; notebooks as variables, and leave executed copies in the run's folder. Inside a Session the image is that Session's. Packages that a script names inline (PEP 723) are installed on top of it.",
  examples: [
    "canfar run reduce.py -- --band r",
    "canfar run -p band=@g,r,i reduce.py",
    "canfar run -p 'file=@files.txt' --replicas 20 --retries 2 photometry.ipynb",
  ],
  usage: "[OPTIONS] SCRIPT|NOTEBOOK [-- ARGS...]",
  parameters: {
    flags: {
      parameter: {
        kind: "parsed",
        parse: String,
        brief: "NAME=VALUE for all; NAME=@a,b or NAME=@FILE (a value a line): one copy for each",
        placeholder: "NAME=VALUE",
        optional: true,
        variadic: true,
      },
      image: {
        kind: "parsed",
        parse: parseImageReference,
        brief: "Container Image; the one of the Session around, else skaha/astroml:latest",
        placeholder: "IMAGE",
        optional: true,
      },
      ...runLaunchFlags,
      name: { ...launchFlags.name, brief: "Name; the script's when left out" },
      replicas: {
        ...launchFlags.replicas,
        brief: "How many of the same, or how many share the values of a list",
      },
      alone: flag("Carry nothing of what lies beside the script"),
      detach: flag("Do not follow a single one: print its id"),
      dryRun: dryRunFlag,
      output: outputFlag,
      quiet: quietFlag,
    },
    aliases: { ...launchAliases, p: "parameter", d: "detach", o: "output", q: "quiet" },
    positional: {
      kind: "tuple",
      parameters: [
        { brief: "Script (.py, .sh) or notebook (.ipynb)", parse: parseScript, placeholder: "SCRIPT" },
      ],
    },
  },
  async run(context, flags, script) {
    const options = await runOptions(context, flags, script);
    const client = await context.client();
    if (flags.dryRun) return await describeRun(context, await client.planRun(options), flags.output);
    const started = await client.run(options);
    if (!flags.quiet) sayStarted(context, started);
    const asksForIds = flags.detach || flags.quiet || flags.output !== undefined;
    const [id = ""] = started.sessions;
    if (started.replicas === 1 && !asksForIds) return await followToEnd(context, { id, name: started.name });
    await printIds(context, started.sessions, flags.output);
    if (flags.wait) await waitForGroup(context, started.group, { quiet: flags.quiet });
    else if (!flags.quiet)
      for (const next of [`canfar wait ${started.name}`, `canfar logs -f ${started.name}`])
        context.say(context.paintTalk("dim", `Next:  ${next}`));
  },
});

async function runOptions(context: Context, flags: Flags, script: string): Promise<RunOptions> {
  const { parameter = [], image, name, replicas, alone } = flags;
  const program = { kind: "headless", image: "", argv: [], name: "run" } as const;
  const { env, resources, policy } = await launchRequestFrom(context, flags, program);
  const given = { ...(replicas === undefined ? {} : { replicas }), env, resources, policy };
  return { script, args: context.afterDashes, parameters: parameter, name, image, alone, ...given };
}

function parseScript(text: string): string {
  if (!isLaunchableKind(text)) return text;
  throw new CanfarError("command.usage", {
    message: `'${text}' is no script`,
    hint: "Sessions of an image are launched by: canfar create KIND IMAGE [-- COMMAND]",
  });
}

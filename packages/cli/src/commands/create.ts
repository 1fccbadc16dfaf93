import {
  CanfarError,
  DEFAULT_BATCH_POLICY,
  isLaunchableKind,
  LAUNCHABLE_KINDS,
  type LaunchableKind,
  type LaunchRequest,
  parseImageReference,
  parseSessionName,
  shortImageReference,
} from "@canfar/contract";
import type { Context } from "../command/context.ts";
import { defineCommand } from "../command/define-command.ts";
import { dryRunFlag, outputFlag, quietFlag } from "../command/flags.ts";
import { quoted } from "../command/missing-dashes.ts";
import { parseCount, parseMemory, parseQuantity } from "../command/quantities.ts";
import { randomSessionName } from "../command/scientist-names.ts";
import type { OutputFormat } from "../output/data.ts";

interface Flags {
  readonly name?: string;
  readonly cpu?: number;
  readonly memory?: number;
  readonly gpu?: number;
  readonly env?: readonly (readonly [name: string, value: string])[];
  readonly replicas?: number;
  readonly dryRun?: boolean;
  readonly output?: OutputFormat;
  readonly quiet?: boolean;
}

export const create = defineCommand<Flags, [kind: LaunchableKind, image: string]>({
  brief: "Launch a Session, or a Group of Replicas",
  details:
    "Launch a Session and print its id, or with --replicas a Group and print an id a line. Everything behind -- is the command of a headless Session, word for word. Replicas find their place in REPLICA_ID (from 1) and REPLICA_COUNT.",
  examples: [
    "canfar create notebook skaha/astroml:latest",
    "canfar create headless skaha/astroml:latest -- python echo.py",
    "canfar create -r 100 -n galaxy-batch headless skaha/astroml:latest -- python batch.py",
  ],
  usage: "[OPTIONS] KIND IMAGE [-- COMMAND ARGS...]",
  parameters: {
    flags: {
      name: {
        kind: "parsed",
        parse: parseSessionName,
        brief: "Name; a star's or an astronomer's when left out",
        placeholder: "NAME",
        optional: true,
      },
      cpu: {
        kind: "parsed",
        parse: parseQuantity,
        brief: "CPU cores; flexible when left out",
        placeholder: "CORES",
        optional: true,
      },
      memory: {
        kind: "parsed",
        parse: parseMemory,
        brief: "Memory in GB; flexible when left out",
        placeholder: "GB",
        optional: true,
      },
      gpu: { kind: "parsed", parse: parseCount, brief: "GPUs", placeholder: "COUNT", optional: true },
      env: {
        kind: "parsed",
        parse: parseVariable,
        brief: "Environment variable; may be given several times",
        placeholder: "KEY=VALUE",
        variadic: true,
        optional: true,
      },
      replicas: {
        kind: "parsed",
        parse: parseCount,
        brief: "How many of the same",
        placeholder: "COUNT",
        optional: true,
      },
      dryRun: dryRunFlag,
      output: outputFlag,
      quiet: quietFlag,
    },
    aliases: { n: "name", c: "cpu", m: "memory", g: "gpu", e: "env", r: "replicas", o: "output", q: "quiet" },
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
  run: createSessions,
});

async function createSessions(
  context: Context,
  flags: Flags,
  kind: LaunchableKind,
  image: string,
): Promise<void> {
  const [command, ...args] = context.afterDashes;
  const launch: LaunchRequest = {
    name: flags.name ?? randomSessionName(),
    kind,
    image,
    ...(command === undefined ? {} : { command }),
    args,
    env: Object.fromEntries(flags.env ?? []),
    resources: {
      ...(flags.cpu === undefined ? {} : { cores: flags.cpu }),
      ...(flags.memory === undefined ? {} : { memoryGiB: flags.memory }),
      ...(flags.gpu ? { gpus: flags.gpu } : {}),
    },
    replicas: flags.replicas ?? 1,
    policy: DEFAULT_BATCH_POLICY,
  };
  refuseImpossible(launch);
  if (flags.dryRun) return await describe(context, launch, flags.output);
  const ids = await (await context.client()).sessions.launch(launch).catch(async (error: unknown) => {
    // Those that were launched are data all the same: somebody must be able to delete them.
    await printIds(context, launchedNevertheless(error), flags.output);
    throw error;
  });
  await printIds(context, ids, flags.output);
  if (!flags.quiet && context.canAsk) sayWhatNext(context, kind, ids);
}

async function printIds(
  context: Context,
  ids: readonly string[],
  output: OutputFormat | undefined,
): Promise<void> {
  if (output === undefined) context.write(ids.map((id) => `${id}\n`).join(""));
  else if (ids.length > 0) await context.data(ids, output);
}

function launchedNevertheless(error: unknown): readonly string[] {
  const ids = error instanceof CanfarError ? error.details.ids : undefined;
  return Array.isArray(ids) ? ids.map(String) : [];
}

/** What no server would take is refused here, before anything is sent. */
function refuseImpossible({ kind, command, env, replicas }: LaunchRequest): void {
  if (replicas < 1) throw new CanfarError("command.usage", { message: "--replicas must be at least 1" });
  if (kind === "headless") return;
  const surplus = command !== undefined ? "a command" : Object.keys(env).length > 0 ? "--env" : undefined;
  if (surplus !== undefined) {
    throw new CanfarError("command.usage", {
      message: `A ${kind} Session takes no command and no environment variables, but ${surplus} was given`,
      hint: "Only headless Sessions run a command of yours: canfar create headless IMAGE -- COMMAND",
    });
  }
}

async function describe(
  context: Context,
  launch: LaunchRequest,
  output: OutputFormat | undefined,
): Promise<void> {
  if (output !== undefined) return await context.data(launch, output);
  const { name, kind, image, command, args, env, replicas } = launch;
  context.write(`name      ${name}\nkind      ${kind}\nimage     ${image}\nreplicas  ${replicas}\n`);
  if (command !== undefined) context.write(`command   ${[command, ...args].map(quoted).join(" ")}\n`);
  for (const [key, value] of Object.entries(env)) context.write(`env       ${key}=${quoted(value)}\n`);
  context.say("Nothing was sent to the server.");
}

function sayWhatNext(context: Context, kind: LaunchableKind, ids: readonly string[]): void {
  const [id] = ids;
  context.say(
    context.paintTalk(
      "dim",
      kind === "headless" ? `Next:  canfar logs -f ${id}` : `Next:  canfar open ${id}`,
    ),
  );
}

function parseLaunchableKind(text: string): LaunchableKind {
  const kind = text.toLowerCase();
  if (isLaunchableKind(kind)) return kind;
  const swapped = text.includes("/") ? " The kind stands before the Container Image." : "";
  throw new CanfarError("session.invalid_kind", {
    message: `'${text}' is not a Session Kind.${swapped}`,
    hint: `Use ${LAUNCHABLE_KINDS.join(", ")}.`,
  });
}

/** Splits at the first `=` only: values keep every character they have. */
function parseVariable(text: string): readonly [string, string] {
  const at = text.indexOf("=");
  if (at > 0 && /^[A-Za-z_][A-Za-z0-9_.-]*$/.test(text.slice(0, at)))
    return [text.slice(0, at), text.slice(at + 1)];
  throw new CanfarError("command.usage", {
    message: `'${text}' is not KEY=VALUE`,
    hint: "Write --env NAME=value; NAME has letters, digits and '_'.",
  });
}

import { CanfarError, ITEM_PLACEHOLDER, type LaunchableKind, type LaunchRequest } from "@canfar/contract";
import type { Context } from "../context.ts";
import { randomSessionName } from "../scientist-names.ts";
import { policyFrom } from "./batch-policy.ts";
import { itemsFrom } from "./items.ts";
import type { LaunchFlags } from "./launch-flags.ts";
import { itemsText, replicasFor } from "./replicas.ts";

/** What is launched, apart from the options. */
export interface Program {
  readonly kind: LaunchableKind;
  readonly image: string;
  /** Absent: what the image does by itself. */
  readonly argv: readonly string[];
  /** The name where the options give none. */
  readonly name?: string | undefined;
  readonly env?: Readonly<Record<string, string>> | undefined;
}

/**
 * Puts options and program together into one launch request. Asks the server where the options name Groups, or leave
 * the number of Replicas to it.
 *
 * @param options.say tells what was decided for the user; absent: nothing is said
 * @throws CanfarError `command.usage` for what no server would take, before anything is sent
 */
export async function launchRequestFrom(
  context: Context,
  flags: LaunchFlags,
  program: Program,
  options: { say?: ((line: string) => void) | undefined } = {},
): Promise<LaunchRequest> {
  const { kind, image } = program;
  const [command, ...args] = program.argv;
  refuseImpossible(flags, program);
  const items = await itemsFrom(context, flags);
  return {
    name: flags.name ?? program.name ?? randomSessionName(),
    kind,
    image,
    ...(command === undefined ? {} : { command }),
    args,
    env: { ...program.env, ...Object.fromEntries(flags.env ?? []) },
    resources: {
      ...(flags.cpu === undefined ? {} : { cores: flags.cpu }),
      ...(flags.memory === undefined ? {} : { memoryGiB: flags.memory }),
      ...(flags.gpu ? { gpus: flags.gpu } : {}),
    },
    replicas:
      flags.replicas ?? (items === undefined ? 1 : await chooseReplicas(context, flags, items, options.say)),
    ...(flags.requestId === undefined ? {} : { requestId: flags.requestId }),
    policy: await policyFrom(context, flags),
    ...(items === undefined ? {} : { items }),
  };
}

async function chooseReplicas(
  context: Context,
  flags: LaunchFlags,
  items: NonNullable<LaunchRequest["items"]>,
  say: ((line: string) => void) | undefined,
): Promise<number> {
  const replicas = await replicasFor(context, items, flags.cpu);
  const many = replicas === 1 ? "1 Replica" : `${replicas} Replicas`;
  say?.(
    `${many} for ${itemsText(items)}, as many as can run at the same time; --replicas chooses another number.`,
  );
  return replicas;
}

function refuseImpossible(flags: LaunchFlags, { kind, argv }: Program): void {
  if (kind !== "headless") {
    const surplus = argv.length > 0 ? "a command" : BATCH_ONLY.find(([name]) => isGiven(flags[name]))?.[1];
    if (surplus === undefined) return;
    throw new CanfarError("command.usage", {
      message: `A ${kind} Session takes no command, no environment variables and nothing else of a batch, but ${surplus} was given`,
      hint: "Only headless Sessions run a command of yours: canfar create headless IMAGE -- COMMAND",
    });
  }
  if (flags.items !== undefined && argv.length === 0) {
    throw new CanfarError("command.usage", {
      message: "Items are for a command, and there is none",
      hint: `Write it behind --, with ${ITEM_PLACEHOLDER} for the item: canfar create --items LIST headless IMAGE -- COMMAND ${ITEM_PLACEHOLDER}`,
    });
  }
}

function isGiven(value: unknown): boolean {
  return Array.isArray(value) ? value.length > 0 : value !== undefined;
}

const BATCH_ONLY: readonly (readonly [keyof LaunchFlags, string])[] = [
  ["env", "--env"],
  ["items", "--items"],
  ["retries", "--retries"],
  ["maxFails", "--max-fails"],
  ["maxRunning", "--max-running"],
  ["afterEach", "--after-each"],
];

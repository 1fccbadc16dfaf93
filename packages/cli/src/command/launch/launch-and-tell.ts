import { ALL_REPLICAS, CanfarError, type LaunchRequest } from "@canfar/contract";
import type { OutputFormat } from "../../output/data.ts";
import { AlreadyReported } from "../../output/errors.ts";
import type { Context } from "../context.ts";
import { outcomeExitCode, sayOutcome } from "../wait/outcome.ts";
import { waitFor } from "../wait/wait-for.ts";

/** On a terminal more ids than these say nothing to anybody. */
const MOST_IDS = 20;

export interface LaunchOptions {
  readonly output?: OutputFormat | undefined;
  readonly quiet?: boolean | undefined;
  /** Waits until all have ended; the exit code is theirs. */
  readonly wait?: boolean | undefined;
}

/**
 * Launches, prints the ids one a line, and says what to do next.
 *
 * @throws CanfarError the server's refusal; `command.partial_success` after the ids that were launched are printed
 * @throws AlreadyReported with `wait`, where not all went well
 */
export async function launchAndTell(
  context: Context,
  request: LaunchRequest,
  { output, quiet, wait }: LaunchOptions,
): Promise<void> {
  const client = await context.client();
  const { group, sessions } = await client.groups.launch(request).catch(async (error: unknown) => {
    // Those that were launched are data all the same: somebody must be able to delete them.
    await printIds(context, launchedNevertheless(error), output);
    throw error;
  });
  if (output === undefined && !quiet && context.onTerminal && sessions.length > MOST_IDS)
    context.write(`${group}  ${request.name}, ${sessions.length} Replicas\n`);
  else await printIds(context, sessions, output);
  if (!wait) {
    if (!quiet && context.canAsk) sayWhatNext(context, request);
    return;
  }
  const launched = { group: await client.groups.get(group), replicas: ALL_REPLICAS };
  const ended = await waitFor(context, [launched], { quiet });
  if (!quiet) await sayOutcome(context, ended);
  const code = outcomeExitCode(ended);
  if (code !== 0) throw new AlreadyReported(code);
}

/** Ids for programs: one a line, or as `-o` says. */
export async function printIds(
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

function sayWhatNext(context: Context, { kind, name }: LaunchRequest): void {
  const next =
    kind === "headless" ? [`canfar wait ${name}`, `canfar logs -f ${name}`] : [`canfar open ${name}`];
  for (const command of next) context.say(context.paintTalk("dim", `Next:  ${command}`));
}

import { ALL_REPLICAS, type Group } from "@canfar/contract";
import { AlreadyReported } from "../../output/errors.ts";
import type { Progress } from "../../output/progress.ts";
import type { Context } from "../context.ts";
import { outcomeExitCode } from "../wait/outcome.ts";
import { waitFor } from "../wait/wait-for.ts";

/**
 * Follows one Session as if its program ran here: what it writes goes to standard output. Ctrl-C leaves it running.
 *
 * @throws AlreadyReported with the program's exit code, unless it is 0
 */
export async function followToEnd(
  context: Context,
  { id, name }: { id: string; name: string },
): Promise<void> {
  const client = await context.client();
  const release = context.interrupts.onInterrupt(() => sayDetached(context, { id, name }));
  const progress = context.progress();
  progress.update(`${name} is launched`);
  const waiting = new AbortController();
  const shown = showUntilOutput(context, { id, progress, signal: waiting.signal });
  try {
    for await (const line of client.sessions.logs(id, { follow: true })) {
      waiting.abort();
      progress.end();
      await write(context, line);
    }
  } finally {
    waiting.abort();
    progress.end();
    await shown;
    release();
  }
  const group = await client.groups.get(id);
  const ended = await waitFor(context, [{ group, replicas: ALL_REPLICAS }], { quiet: true });
  const code = outcomeExitCode(ended);
  if (code === 0) return;
  const why = ended[0]?.session?.message;
  context.say(context.paintTalk("red", `${name} (${id}) failed${why === undefined ? "" : `: ${why}`}`));
  throw new AlreadyReported(code);
}

/** Tells what the Session waits for, until it has written something. */
async function showUntilOutput(
  context: Context,
  { id, progress, signal }: { id: string; progress: Progress; signal: AbortSignal },
): Promise<void> {
  const { groups } = await context.client();
  try {
    for await (const group of groups.watch(id, { signal })) progress.update(stateOf(group));
  } catch (error) {
    if (!signal.aborted) throw error;
  }
}

function stateOf({ name, session, message }: Group): string {
  const why = session?.message ?? message;
  return `${name} is ${session?.status ?? "Pending"}${why === undefined || why === "" ? "" : `: ${why}`}`;
}

function sayDetached(context: Context, { id, name }: { id: string; name: string }): void {
  context.say(`\n${name} (${id}) goes on without you.`);
  for (const next of [`canfar logs -f ${id}`, `canfar wait ${id}`, `canfar delete ${id}`])
    context.say(context.paintTalk("dim", `Next:  ${next}`));
}

/** Waits where the reader is slow, so that a long log does not pile up in memory. */
async function write(context: Context, text: string): Promise<void> {
  const { stdout } = context.streams;
  if (!stdout.write(text)) await new Promise((resolve) => stdout.once("drain", resolve));
}

import { ALL_REPLICAS } from "@canfar/contract";
import { AlreadyReported } from "../../output/errors.ts";
import type { Context } from "../context.ts";
import { outcomeExitCode, sayOutcome } from "../wait/outcome.ts";
import { waitFor } from "../wait/wait-for.ts";

/** Waits for all Replicas of a Group. @throws AlreadyReported with their exit code, where not all went well */
export async function waitForGroup(
  context: Context,
  id: string,
  { quiet }: { quiet?: boolean | undefined },
): Promise<void> {
  const group = await (await context.client()).groups.get(id);
  const ended = await waitFor(context, [{ group, replicas: ALL_REPLICAS }], { quiet });
  if (!quiet) await sayOutcome(context, ended);
  const code = outcomeExitCode(ended);
  if (code !== 0) throw new AlreadyReported(code);
}

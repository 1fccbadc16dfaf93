import { type BatchPolicy, batchPolicySchema, CanfarError, selectsAll } from "@canfar/contract";
import type { Context } from "../context.ts";
import type { LaunchFlags } from "./launch-flags.ts";

/**
 * What the options say about Replicas that fail, and about when they may start.
 *
 * @throws CanfarError `command.usage`, `request.invalid`; `session.not_found` for a Group that is not there
 */
export async function policyFrom(context: Context, flags: LaunchFlags): Promise<BatchPolicy> {
  const seconds = (milliseconds: number | undefined) =>
    milliseconds === undefined ? undefined : milliseconds / 1000;
  const after: BatchPolicy["after"] = [];
  for (const { word, when } of flags.after ?? []) after.push({ group: await groupId(context, word), when });
  const result = batchPolicySchema.safeParse({
    retries: flags.retries,
    retryDelaySeconds: seconds(flags.retryDelay),
    timeoutSeconds: seconds(flags.timeout),
    maxFailures: flags.maxFails,
    maxRunning: flags.maxRunning,
    after,
    afterEach: flags.afterEach === undefined ? undefined : await groupId(context, flags.afterEach),
    notify: flags.notify?.map(({ target, on }) => ({ target, on: [...on] })),
  });
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  throw new CanfarError("command.usage", {
    message: `${OPTION_OF[String(issue?.path[0])] ?? "An option"} cannot be used: ${issue?.message}`,
    hint: "See `canfar create --help`.",
  });
}

const OPTION_OF: Readonly<Record<string, string>> = {
  retries: "--retries",
  retryDelaySeconds: "--retry-delay",
  timeoutSeconds: "--timeout",
  maxFailures: "--max-fails",
  maxRunning: "--max-running",
  after: "--after",
  notify: "--notify",
};

async function groupId(context: Context, word: string): Promise<string> {
  const { group, replicas } = await (await context.client()).groups.resolve(word);
  if (selectsAll(replicas)) return group.id;
  throw new CanfarError("command.usage", {
    message: `'${word}' is only a part of ${group.name || group.id}; a launch waits for whole Groups`,
    hint: `Write ${group.name || group.id}, or use --after-each to wait Replica by Replica.`,
  });
}

import { AlreadyReported } from "../output/errors.ts";
import type { Context } from "./context.ts";
import { combinedExitCode } from "./exit-code.ts";

/** Things that are done at the same time, at most. */
const CONCURRENCY = 16;

/**
 * Does the same to each of several things. All are tried; each failure is reported; the exit code tells of all.
 *
 * @throws AlreadyReported where anything failed
 */
export async function forEvery<T>(
  context: Context,
  things: readonly T[],
  action: (thing: T) => Promise<void>,
): Promise<void> {
  const failures: unknown[] = [];
  const queue = [...things];
  const worker = async () => {
    for (let thing = queue.shift(); thing !== undefined; thing = queue.shift()) {
      try {
        await action(thing);
      } catch (error) {
        failures.push(error);
        context.report(error);
      }
    }
  };
  await Promise.all(Array.from({ length: Math.min(CONCURRENCY, things.length) }, worker));
  if (failures.length > 0)
    throw new AlreadyReported(combinedExitCode(things.length - failures.length, failures));
}

/** The same, one after the other: for output that must stay in the order of the arguments. */
export async function forEachInOrder<T>(
  context: Context,
  things: readonly T[],
  action: (thing: T) => Promise<void>,
): Promise<void> {
  const failures: unknown[] = [];
  for (const thing of things) {
    try {
      await action(thing);
    } catch (error) {
      failures.push(error);
      context.report(error);
    }
  }
  if (failures.length > 0)
    throw new AlreadyReported(combinedExitCode(things.length - failures.length, failures));
}

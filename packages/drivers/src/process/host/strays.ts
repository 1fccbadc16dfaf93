import { processesByVariable } from "./processes.ts";
import { ATTEMPT_VARIABLE } from "./start-command.ts";

/** Within this time, attempts that end share one look at all processes of the machine. */
const TOGETHER_MS = 5;

let next: Promise<Map<string, number[]>> | null = null;

/**
 * Processes of an attempt that left its family, found by the variable that all of them were started with. For machines
 * without control groups.
 *
 * @returns process ids, as they were at a moment after the call
 */
export async function findStrays(key: string): Promise<number[]> {
  next ??= new Promise((resolve) => {
    setTimeout(() => {
      next = null;
      resolve(processesByVariable(ATTEMPT_VARIABLE));
    }, TOGETHER_MS);
  });
  return (await next).get(key) ?? [];
}

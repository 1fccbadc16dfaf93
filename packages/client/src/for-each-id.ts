import { CanfarError } from "@canfar/contract";
import { concurrently } from "./concurrently.ts";

/** One id or several. */
export type Ids = string | readonly string[];

export interface ForEachOptions {
  /** Requests at the same time. */
  readonly limit: number;
  readonly errors: "raise" | "ignore";
}

/**
 * Does the same for each id, all of them also when some fail; results in the order of the ids.
 *
 * @returns pairs of id and result, without those that failed where `errors` is `ignore`
 * @throws CanfarError of the one that failed; with several ids its details have `results` and `errors` by id, and the
 * code is `command.partial_success` where some did not fail. Failed logins throw in any case.
 */
export async function forEachId<R>(
  ids: Ids,
  { limit, errors }: ForEachOptions,
  action: (id: string) => Promise<R>,
): Promise<[id: string, result: R][]> {
  const list = typeof ids === "string" ? [ids] : [...new Set(ids)];
  const failures = new Map<string, CanfarError>();
  const results = await concurrently(list, limit, async (id): Promise<[string, R][]> => {
    try {
      return [[id, await action(id)]];
    } catch (error) {
      if (!(error instanceof CanfarError) || error.code.startsWith("authentication.")) throw error;
      failures.set(id, error);
      return [];
    }
  });
  const done = results.flat();
  const [first] = failures.values();
  if (first === undefined || errors === "ignore") return done;
  if (list.length === 1) throw first;
  throw new CanfarError(done.length === 0 ? first.code : "command.partial_success", {
    message: `${failures.size} of ${list.length} failed: ${first.message}`,
    hint: first.hint,
    details: { results: Object.fromEntries(done), errors: Object.fromEntries(failures) },
    cause: first,
  });
}

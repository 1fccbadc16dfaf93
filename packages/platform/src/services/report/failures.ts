import { ITEM_EXIT_CODES, type Item } from "@canfar/contract";
import type { SessionDriver } from "@canfar/drivers";
import type { ReplicaAttempt } from "../../records/attempt-store.ts";
import type { GroupRecord } from "../../records/group-store.ts";
import type { SessionRecord } from "../../records/session-store.ts";
import { stateOf } from "../group-reader.ts";
import type { ItemReader } from "../items/item-reader.ts";
import type { Failure } from "./causes.ts";
import { errorLineOf } from "./error-line.ts";
import { readTails } from "./tails.ts";

/** Ends of which the platform's own words say most. */
const TOLD_BY_PLATFORM = new Set([
  "NotStarted",
  "Lost",
  "Stopped",
  "Expired",
  "MaxFailures",
  "DependencyFailed",
]);
/** Ends that are their own cause, whatever was printed before. */
const CAUSE_BY_ITSELF = new Set(["OOMKilled", "DeadlineExceeded"]);
/** Ends of Replicas of which the Items say why. */
const TOLD_BY_ITEMS = new Set<number | null>([ITEM_EXIT_CODES.failed, ITEM_EXIT_CODES.setAside]);
/** Failed Items that are looked at: more have no other causes, only more files. */
const MOST_ITEMS = 100_000;

export interface FailureSources {
  readonly driver: SessionDriver;
  readonly items: ItemReader;
  readonly signal: AbortSignal;
}

/**
 * Everything that failed in a Group: each failed Replica with its last words; where its Items failed one by one, each of
 * these with the reason on record.
 */
export async function failuresOf(
  of: {
    readonly group: GroupRecord;
    readonly sessions: readonly SessionRecord[];
    readonly attempts: ReadonlyMap<string, readonly ReplicaAttempt[]>;
  },
  { driver, items, signal }: FailureSources,
): Promise<Failure[]> {
  const { group, sessions, attempts } = of;
  const failed = sessions.filter((session) => stateOf(session) === "failed");
  const failedItems = Map.groupBy(itemsThatFailed(items, group), ({ replica }) => replica);
  const byItems = failed.filter(
    ({ exitCode, replicaIndex }) => TOLD_BY_ITEMS.has(exitCode) && failedItems.has(replicaIndex),
  );
  const isToldByItems = new Set(byItems);
  const others = failed.filter((session) => !isToldByItems.has(session));
  const speaking = others.filter(({ attempt, reason }) => attempt > 0 && isToldByProgram(reason));
  const refs = speaking.map(({ id, attempt }) => ({ sessionId: id, attempt }));
  const tails = await readTails(driver, { group: group.id, attempts: refs }, signal);
  const ownWords = others.map((session): Failure => {
    const signalName = attempts.get(session.id)?.at(-1)?.signal ?? null;
    const tail = tails.get(session.id) ?? [];
    // A program that a signal ended had no last word: what it printed before is no reason.
    const said = signalName === null ? tail : tail.filter(({ stream }) => stream === "stderr");
    return {
      ...{ index: session.replicaIndex, session: session.id, reason: session.reason || "Error" },
      ...{ exitCode: session.exitCode, signal: signalName, line: lineOf(session, errorLineOf(said)) },
      items: failedItems.get(session.replicaIndex)?.map(({ item }) => item) ?? null,
    };
  });
  const ofItems = byItems.flatMap((session) =>
    (failedItems.get(session.replicaIndex) ?? []).map((item) => failureOfItem(session, item)),
  );
  return [...ownWords, ...ofItems];
}

function* itemsThatFailed(items: ItemReader, group: GroupRecord): Generator<Item> {
  let count = 0;
  for (const item of items.list(group)) {
    if (item.state !== "failed" && item.state !== "set-aside") continue;
    yield item;
    count += 1;
    if (count === MOST_ITEMS) return;
  }
}

function failureOfItem(session: SessionRecord, { item, exitCode, reason }: Item): Failure {
  return {
    ...{ index: session.replicaIndex, session: session.id, reason: "Error", signal: null },
    ...{ exitCode: exitCode ?? null, line: reason ?? "", items: [item] },
  };
}

function isToldByProgram(reason: string | null): boolean {
  return !TOLD_BY_PLATFORM.has(reason ?? "") && !CAUSE_BY_ITSELF.has(reason ?? "");
}

function lineOf(session: SessionRecord, errorLine: string): string {
  if (CAUSE_BY_ITSELF.has(session.reason ?? "")) return "";
  if (TOLD_BY_PLATFORM.has(session.reason ?? "") || session.attempt === 0) return session.message ?? "";
  return errorLine;
}

import { CanfarError } from "./errors.ts";
import type { Session } from "./session.ts";

/** States by which Replicas are chosen, as in `NAME[failed]`. */
export const REPLICA_STATES = ["pending", "running", "completed", "failed"] as const;
export type ReplicaState = (typeof REPLICA_STATES)[number];

/** Every `step`-th index from `from` to `to`, both included; indices start at 1. */
export interface IndexRange {
  readonly from: number;
  readonly to: number;
  readonly step: number;
}

/** Some Replicas of a Group: those in one of the ranges or states; all where both are empty. */
export interface ReplicaSelection {
  readonly ranges: readonly IndexRange[];
  readonly states: readonly ReplicaState[];
}

export const ALL_REPLICAS: ReplicaSelection = { ranges: [], states: [] };

/** What a user means by one word: a Session or Group (id, name, `@last`), and which of its Replicas. */
export interface ReplicaSelector {
  readonly target: string;
  readonly replicas: ReplicaSelection;
}

/**
 * Reads `TARGET` or `TARGET[SELECTION]`: `stars`, `d1tsqexh`, `@last`, `stars[3]`, `stars[3-10,15]`,
 * `stars[1-99:2]`, `stars[failed]`, `stars[failed,7]`.
 *
 * @throws CanfarError `request.invalid`
 */
export function parseReplicaSelector(text: string): ReplicaSelector {
  const match = /^([^[\]]+)(?:\[([^[\]]*)\])?$/.exec(text.trim());
  if (match === null) throw invalid(text);
  const [, target = "", selection] = match;
  return { target, replicas: selection === undefined ? ALL_REPLICAS : parseReplicaSelection(selection) };
}

/**
 * Reads what stands in the brackets; `all` and nothing select every Replica.
 *
 * @throws CanfarError `request.invalid`
 */
export function parseReplicaSelection(text: string): ReplicaSelection {
  const ranges: IndexRange[] = [];
  const states: ReplicaState[] = [];
  const words = text
    .split(",")
    .map((word) => word.trim().toLowerCase())
    .filter((word) => word !== "");
  if (words.includes("all")) return ALL_REPLICAS;
  for (const word of words) {
    const state = REPLICA_STATES.find((each) => each === word);
    if (state !== undefined) states.push(state);
    else ranges.push(parseRange(word));
  }
  return { ranges, states };
}

/** The text that `parseReplicaSelector` reads back: `stars`, `stars[3-10]`. */
export function formatReplicaSelector({ target, replicas }: ReplicaSelector): string {
  return selectsAll(replicas) ? target : `${target}[${formatReplicaSelection(replicas)}]`;
}

/** The text that `parseReplicaSelection` reads back. */
export function formatReplicaSelection({ ranges, states }: ReplicaSelection): string {
  const numbers = ranges.map(({ from, to, step }) =>
    from === to ? String(from) : `${from}-${to}${step === 1 ? "" : `:${step}`}`,
  );
  return [...numbers, ...states].join(",");
}

export function selectsAll({ ranges, states }: ReplicaSelection): boolean {
  return ranges.length === 0 && states.length === 0;
}

/** The selection of one Replica. */
export function replicaNumber(index: number): ReplicaSelection {
  return { ranges: [{ from: index, to: index, step: 1 }], states: [] };
}

/** What a Session is doing, in the words of counts and selectors. */
export function replicaState({ status }: Pick<Session, "status">): ReplicaState {
  if (status === "Completed") return "completed";
  if (status === "Failed") return "failed";
  return status === "Pending" ? "pending" : "running";
}

/** The fewest ranges of neighbours that hold exactly these indices. */
export function rangesOf(indices: readonly number[]): IndexRange[] {
  return joinRanges(indices.map((index) => ({ from: index, to: index, step: 1 })));
}

/** The same Replicas in as few ranges as touch each other; those with a step stay as they are. */
export function joinRanges(ranges: readonly IndexRange[]): IndexRange[] {
  const joined: IndexRange[] = [];
  for (const range of ranges.filter(({ step }) => step === 1).sort((a, b) => a.from - b.from)) {
    const last = joined.at(-1);
    if (last === undefined || range.from > last.to + 1) joined.push(range);
    else joined[joined.length - 1] = { ...last, to: Math.max(last.to, range.to) };
  }
  return [...joined, ...ranges.filter(({ step }) => step !== 1)];
}

/** True where a Replica with this index and state is meant. */
export function isSelected(
  selection: ReplicaSelection,
  replica: { index: number; state: ReplicaState },
): boolean {
  if (selectsAll(selection)) return true;
  const { index, state } = replica;
  return (
    selection.states.includes(state) ||
    selection.ranges.some(({ from, to, step }) => index >= from && index <= to && (index - from) % step === 0)
  );
}

function parseRange(word: string): IndexRange {
  const match = /^(\d[\d_]*)(?:-(\d[\d_]*))?(?::(\d+))?$/.exec(word);
  if (match === null) throw invalid(word);
  const number = (text: string) => Number(text.replaceAll("_", ""));
  const from = number(match[1] ?? "");
  const to = match[2] === undefined ? from : number(match[2]);
  const step = match[3] === undefined ? 1 : number(match[3]);
  if (from < 1 || to < from || step < 1) throw invalid(word);
  return { from, to, step };
}

function invalid(text: string): CanfarError {
  return new CanfarError("request.invalid", {
    message: `'${text}' does not select Replicas`,
    hint: "Write for example NAME[3-10], NAME[1-99:2,120] or NAME[failed]; in a shell put it in quotes.",
  });
}

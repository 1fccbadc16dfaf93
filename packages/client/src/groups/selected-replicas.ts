import {
  ALL_REPLICAS,
  formatReplicaSelection,
  type Group,
  joinRanges,
  type ReplicaSelection,
  selectsAll,
} from "@canfar/contract";
import { grouped } from "../grouped.ts";

/** What one word, or several, of a user mean: a Group (a single Session is a Group of one), and which Replicas of it. */
export interface SelectedReplicas {
  readonly group: Group;
  readonly replicas: ReplicaSelection;
}

/** Puts together what belongs to the same Group, in the order in which the Groups were first named. */
export function mergeSelected(words: readonly SelectedReplicas[]): SelectedReplicas[] {
  return [...grouped(words, ({ group }) => group.id).values()].map((same) => {
    const [first] = same as [SelectedReplicas, ...SelectedReplicas[]];
    return { group: first.group, replicas: union(same.map(({ replicas }) => replicas)) };
  });
}

function union(selections: readonly ReplicaSelection[]): ReplicaSelection {
  const [first, ...others] = selections;
  if (first === undefined || selections.some(selectsAll)) return ALL_REPLICAS;
  if (others.length === 0) return first;
  return {
    ranges: joinRanges(selections.flatMap(({ ranges }) => ranges)),
    states: [...new Set(selections.flatMap(({ states }) => states))],
  };
}

/** Longest text of a selection in an address: servers take some 16 kB of address and headers together. */
const LONGEST_TEXT = 4_000;

/** The same selection in parts that each fit into an address; their Replicas do not overlap in ranges. */
export function inAddresses({ ranges, states }: ReplicaSelection): string[] {
  const texts = [
    ...ranges.map((range) => formatReplicaSelection({ ranges: [range], states: [] })),
    ...states,
  ];
  const parts: string[] = [];
  for (const text of texts) {
    const last = parts.at(-1);
    if (last === undefined || last.length + text.length >= LONGEST_TEXT) parts.push(text);
    else parts[parts.length - 1] = `${last},${text}`;
  }
  return parts.length === 0 ? [""] : parts;
}

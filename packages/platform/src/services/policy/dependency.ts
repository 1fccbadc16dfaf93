import type { DependencyCondition } from "@canfar/contract";
import type { GroupOutcomes } from "../../records/queue-store.ts";

export type DependencyState = "waiting" | "met" | "impossible";

/**
 * Whether a Group that waits for another one may go on; pure. A Replica that was deleted before it completed counts as
 * failed; one that was deleted afterwards stays completed.
 */
export function dependencyState(outcomes: GroupOutcomes, when: DependencyCondition): DependencyState {
  if (outcomes.open > 0) return "waiting";
  if (when === "any") return "met";
  const isMet = when === "ok" ? outcomes.failed === 0 : outcomes.failed > 0;
  return isMet ? "met" : "impossible";
}

/** What did not happen, for people. */
export function impossibleSentence(
  name: string,
  when: DependencyCondition,
  { completed, failed }: GroupOutcomes,
): string {
  if (when === "fail") return `${name} has ended without a failure (${completed} completed)`;
  return `${failed} of ${completed + failed} replicas of ${name} did not complete`;
}

/** What Replicas with Items get beyond others: part of the launch planner, as pure as that. */
import { ITEM_PLACEHOLDER } from "@canfar/contract";
import type { PlannedMount } from "@canfar/drivers";
import type { GroupRecord } from "../../records/group-store.ts";
import { ITEMS_IN_SESSION, itemsFolders, PROGRESS_IN_SESSION } from "./items-folders.ts";

/** Puts the program that hands out the Items before the command. */
export function withItems({ details }: GroupRecord, command: readonly string[]): string[] {
  return details.items === undefined ? [...command] : ["canfar-items", "run", "--", ...command];
}

export function itemsEnvironment({ details }: GroupRecord): Record<string, string> {
  if (details.items === undefined) return {};
  return { CANFAR_ITEMS: ITEMS_IN_SESSION, CANFAR_ITEMS_PROGRESS: PROGRESS_IN_SESSION };
}

/** A Replica finds its list in a file where the command does not get the Items one by one, and it is known who gets which. */
export function replicaItemsEnvironment(
  { details }: GroupRecord,
  session: { readonly replicaIndex: number; readonly attempt: number },
): Record<string, string> {
  if (details.items === undefined) return {};
  const oneByOne = [details.command, ...details.args].some((word) => word?.includes(ITEM_PLACEHOLDER));
  const hasFile = !oneByOne && details.items.split !== "dynamic";
  return {
    CANFAR_ITEMS_ATTEMPT: String(session.attempt),
    ...(hasFile ? { CANFAR_ITEMS_FILE: `${PROGRESS_IN_SESSION}/lists/${session.replicaIndex}` } : {}),
  };
}

/** The list is the platform's to write, the record the Replicas': neither can spoil what is the other's. */
export function itemsMounts({ id, details }: GroupRecord, groups: string): PlannedMount[] {
  if (details.items === undefined) return [];
  const { items, progress } = itemsFolders(groups, id);
  return [
    { source: items, target: ITEMS_IN_SESSION, readOnly: true },
    { source: progress, target: PROGRESS_IN_SESSION, readOnly: false },
  ];
}

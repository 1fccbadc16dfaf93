import { join } from "node:path";

/** Where the Items of one Group are on the machine. */
export interface ItemsFolders {
  /** Everything of the Group. */
  readonly group: string;
  /** What the platform writes, and Sessions read: the list, the shares. */
  readonly items: string;
  /** What the Replicas write: claims, the record. The platform reads it with care and writes nothing there. */
  readonly progress: string;
  /** How many Items are done, kept by the platform once the Group has ended. */
  readonly counts: string;
}

/** @param groups folder of all Groups */
export function itemsFolders(groups: string, groupId: string): ItemsFolders {
  const group = join(groups, groupId);
  return {
    group,
    items: join(group, "items"),
    progress: join(group, "progress"),
    counts: join(group, "counts.json"),
  };
}

/** Where its Replicas see them. */
export const ITEMS_IN_SESSION = "/run/canfar/items";
export const PROGRESS_IN_SESSION = "/run/canfar/progress";

/** Lines in a file of the list: few files for a million Items, and little to read for one Replica of many. */
export function itemsPerBlock(total: number): number {
  const wanted = 2 ** Math.ceil(Math.log2(Math.max(1, total / 64)));
  return Math.min(Math.max(wanted, 64), 4096);
}

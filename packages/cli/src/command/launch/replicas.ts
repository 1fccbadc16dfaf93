import type { ItemsRequest } from "@canfar/contract";
import type { Context } from "../context.ts";

/**
 * How many Replicas share the Items where nobody says: as many as can run at the same time, and no more than there are
 * Items.
 *
 * @param cores those that one Replica asks for
 */
export async function replicasFor(
  context: Context,
  items: ItemsRequest,
  cores: number | undefined,
): Promise<number> {
  const { cores: available } = await (await context.client()).stats();
  const places = Math.max(1, Math.floor(available.cpuCoresAvailable / (cores ?? 1)));
  return Math.min(items.list?.length ?? places, places);
}

/** `10,000 Items`, or the pattern that the server looks up. */
export function itemsText({ list, glob }: ItemsRequest): string {
  if (list === undefined) return `the files that fit '${glob}'`;
  return list.length === 1 ? "1 item" : `${list.length} items`;
}

import { mkdir, open } from "node:fs/promises";
import { join } from "node:path";
import { CanfarError, type Deal, type ItemSplit } from "@canfar/contract";
import { itemsPerBlock } from "./items-folders.ts";

/** Files that are written at the same time: a disk makes several durable in about the time of one. */
const AT_ONCE = 8;

/**
 * Writes the list of a Group's Items as `canfar-items` reads it, durably, file by file:
 *
 * - `plan`: lines `key value`: split, total, per-block, set-aside-after
 * - `shares`: for each Replica a line of 16 bytes, first and last position from 1; none where Items are dealt dynamically
 * - `blocks/N`: `per-block` Items, one a line, in the order in which they are dealt
 *
 * @param folder does not exist yet
 * @throws CanfarError `storage.full`
 */
export async function writeItems(
  folder: string,
  items: { list: readonly string[]; deal: Deal; split: ItemSplit; setAsideAfter: number },
): Promise<void> {
  const { list, deal, split, setAsideAfter } = items;
  const perBlock = itemsPerBlock(list.length);
  const plan = { split, total: list.length, "per-block": perBlock, "set-aside-after": setAsideAfter };
  try {
    await mkdir(join(folder, "blocks"), { recursive: true });
    const blocks = Array.from({ length: Math.ceil(list.length / perBlock) }, (_, block) => block);
    const workers = Array.from({ length: AT_ONCE }, async () => {
      for (let block = blocks.pop(); block !== undefined; block = blocks.pop())
        await writeDurably(join(folder, "blocks", String(block)), blockText({ list, deal, block, perBlock }));
    });
    await Promise.all(workers);
    if (deal.shares !== null) await writeDurably(join(folder, "shares"), sharesText(deal.shares));
    const lines = Object.entries(plan).map(([key, value]) => `${key} ${value}\n`);
    await writeDurably(join(folder, "plan"), lines.join(""));
    // The platform alone adds to these, while Sessions run.
    for (const name of ["orphaned", "again"]) await mkdir(join(folder, name));
    for (const each of [join(folder, "blocks"), folder]) await makeDurable(each);
  } catch (error) {
    throw notWritten(error);
  }
}

function blockText(options: {
  list: readonly string[];
  deal: Deal;
  block: number;
  perBlock: number;
}): string {
  const { list, deal, block, perBlock } = options;
  let text = "";
  const end = Math.min((block + 1) * perBlock, list.length);
  for (let place = block * perBlock; place < end; place += 1)
    text += `${list[deal.order?.[place] ?? place]}\n`;
  return text;
}

/** Numbers have at most 7 digits: a million Items. */
function sharesText(shares: Uint32Array): string {
  let text = "";
  for (let replica = 1; replica < shares.length; replica += 1) {
    const first = String((shares[replica - 1] ?? 0) + 1);
    const last = String(shares[replica] ?? 0);
    text += `${first.padStart(7)} ${last.padStart(7)}\n`;
  }
  return text;
}

async function writeDurably(path: string, text: string): Promise<void> {
  await using file = await open(path, "wx", 0o644);
  await file.writeFile(text);
  await file.sync();
}

/** A folder's names are on the disk once the folder is. */
export async function makeDurable(folder: string): Promise<void> {
  await using handle = await open(folder, "r");
  await handle.sync();
}

export function notWritten(error: unknown): CanfarError {
  const { code, message } = error as NodeJS.ErrnoException;
  return new CanfarError(code === "ENOSPC" || code === "EDQUOT" ? "storage.full" : "server.internal", {
    message: `the list of items cannot be written: ${message}`,
    hint: "Nothing was launched. Make room on the platform's disk, then try again.",
    cause: error,
  });
}

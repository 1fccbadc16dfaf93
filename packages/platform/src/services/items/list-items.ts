import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Item } from "@canfar/contract";
import { ConfinedFolder } from "../../data-folder/confined-folder.ts";
import { readForgiven } from "./forgiven.ts";
import { numberOf } from "./item-records.ts";
import type { ItemsFolders } from "./items-folders.ts";
import { type JournalEvent, readEvents } from "./journal-event.ts";
import { readShares } from "./shares.ts";

/** What the records say of one Item so far. */
interface Story {
  readonly replica: number;
  readonly last: JournalEvent;
  /** The last run that ended, where one did. */
  readonly ended: JournalEvent | null;
  readonly starts: number;
  readonly ends: number;
}

/**
 * The Items of a Group with what became of them, block by block, so that a million is never in memory as a whole.
 *
 * @param options.running Replicas that run, with their attempts
 */
export function* listItems(options: {
  folders: ItemsFolders;
  running: ReadonlyMap<number, number>;
}): Generator<Item> {
  const { folders, running } = options;
  const forgiven = readForgiven(folders.items);
  const ownerOf = readShares(folders.items);
  const writers = writersOfBlocks(folders.progress);
  const blocks = readdirSync(join(folders.items, "blocks")).map(Number);
  let position = 0;
  for (const block of blocks.sort((a, b) => a - b)) {
    const stories = readStories(folders.progress, block, writers.get(block) ?? []);
    const lines = readFileSync(join(folders.items, "blocks", String(block)), "utf8").split("\n");
    for (const item of lines.slice(0, -1)) {
      position += 1;
      const story = stories.get(position);
      if (story === undefined) {
        const replica = ownerOf(position);
        yield { item, state: "pending", ...(replica === null ? {} : { replica }), attempts: 0 };
      } else yield describe(item, story, { running, forgiven });
    }
  }
}

function describe(
  item: string,
  { replica, last, ended, starts, ends }: Story,
  options: { running: ReadonlyMap<number, number>; forgiven: ReadonlyMap<number, number> },
): Item {
  const attempt = options.running.get(replica);
  const isLost = last.kind === "lost" || (last.kind === "start" && attempt === undefined);
  const reason = isLost ? "its Replica ended while it was at it" : ended?.reason;
  return {
    item,
    state: stateOf(last, attempt, (options.forgiven.get(replica) ?? 0) >= last.attempt),
    ...{ replica, attempts: Math.max(starts, ends) },
    ...(ended?.exitCode == null ? {} : { exitCode: ended.exitCode }),
    ...(ended?.seconds == null ? {} : { seconds: ended.seconds }),
    ...(reason ? { reason } : {}),
  };
}

/** @param attempt of the Replica that runs; absent where it does not */
function stateOf({ kind, attempt: begun }: JournalEvent, attempt: number | undefined, isForgiven: boolean) {
  switch (kind) {
    case "done":
      return "done";
    case "aside":
      return isForgiven ? "failed" : "set-aside";
    case "stop":
      return "pending";
    case "start":
      // A later attempt runs, and has not come to it yet.
      if (attempt !== undefined) return attempt > begun ? "pending" : "running";
      return "failed";
    default:
      return "failed";
  }
}

/** Which Replicas have recorded something of which block. */
function writersOfBlocks(progressFolder: string): Map<number, number[]> {
  const writers = new Map<number, number[]>();
  using progress = ConfinedFolder.open(progressFolder);
  using journal = progress?.folder("journal");
  for (const name of journal?.names() ?? []) {
    const replica = numberOf(name);
    using blocks = replica === null ? null : journal?.folder(name);
    for (const block of blocks?.names() ?? []) {
      const number = numberOf(block);
      if (number === null || replica === null) continue;
      const known = writers.get(number);
      if (known === undefined) writers.set(number, [replica]);
      else known.push(replica);
    }
  }
  return writers;
}

function readStories(progressFolder: string, block: number, replicas: readonly number[]): Map<number, Story> {
  const stories = new Map<number, Story>();
  using progress = ConfinedFolder.open(progressFolder);
  using journal = progress?.folder("journal");
  for (const replica of replicas) {
    using folder = journal?.folder(String(replica));
    const bytes = folder?.read(String(block));
    if (!bytes) continue;
    for (const event of readEvents(bytes).events)
      stories.set(event.position, tell(stories.get(event.position), replica, event));
  }
  return stories;
}

/** Records of several Replicas come in any order: the last claim counts, and what is done stays done. */
function tell(story: Story | undefined, replica: number, event: JournalEvent): Story {
  const isEnd = event.kind === "done" || event.kind === "fail";
  const starts = (story?.starts ?? 0) + (event.kind === "start" ? 1 : 0);
  const ends = (story?.ends ?? 0) + (isEnd ? 1 : 0);
  const isOlder =
    story !== undefined && (story.last.kind === "done" || event.generation < story.last.generation);
  if (isOlder) return { ...story, starts, ends };
  return { replica, last: event, ended: isEnd ? event : (story?.ended ?? null), starts, ends };
}

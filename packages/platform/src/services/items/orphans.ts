import { join } from "node:path";
import { ConfinedFolder } from "../../data-folder/confined-folder.ts";
import type { Log } from "../../log.ts";
import type { GroupRecord } from "../../records/group-store.ts";
import type { Records } from "../../records/records.ts";
import type { ChangedSession, SessionChanges } from "../session-changes.ts";
import { tellSessions } from "./forgiven.ts";
import { itemsFolders, itemsPerBlock } from "./items-folders.ts";
import { type JournalEvent, readEvents } from "./journal-event.ts";

/** A claim whose owner has ended. */
interface Orphan {
  readonly position: number;
  readonly generation: number;
}

/**
 * Tells the other Replicas of a Group what one was at that has ended for good, where Items are dealt dynamically: only the
 * platform knows that it will not be tried again. While the platform is down nothing is lost: the others go on
 * with what is free, and a later attempt of the Replica goes on with its own.
 */
export class ItemOrphans {
  readonly #options;

  /** @param options.folder of all Groups */
  constructor(options: { records: Records; changes: SessionChanges; folder: string; log: Log }) {
    this.#options = options;
    options.changes.listen((session) => {
      if (session.phase !== "ended" || session.status === "Completed") return;
      const group = options.records.groups.find(session.groupId);
      if (group !== null) this.#publish(group, session);
    });
  }

  /** Tells what ended while the platform was down. */
  start(): void {
    const { sessions, groups } = this.#options.records;
    for (const id of new Set(sessions.active().map(({ groupId }) => groupId))) {
      const group = groups.find(id);
      if (group?.details.items?.split !== "dynamic") continue;
      for (const session of sessions.ofGroup(id))
        if (session.phase === "ended" && session.status !== "Completed") this.#publish(group, session);
    }
  }

  #publish(group: GroupRecord, { replicaIndex, attempt }: ChangedSession): void {
    const { items } = group.details;
    if (items?.split !== "dynamic") return;
    const folders = itemsFolders(this.#options.folder, group.id);
    try {
      for (let block = 0; block * itemsPerBlock(items.total) < items.total; block += 1) {
        for (const orphan of orphansOf(folders.progress, { replica: replicaIndex, attempt, block })) {
          // One that ends whatever Replica takes it must not end them all.
          if (orphan.generation >= items.setAsideAfter) continue;
          tellSessions(join(folders.items, "orphaned"), String(orphan.position), `${orphan.generation}\n`);
        }
      }
    } catch (error) {
      // The Replica's next attempt takes them all the same.
      this.#options.log.warn("Items of an ended Replica cannot be given to others", {
        ...{ group: group.id, replica: replicaIndex, error },
      });
    }
  }
}

/** What a Replica's attempts have claimed in a block and not ended. A claim is a link to its owner's file. */
function orphansOf(
  progressFolder: string,
  { replica, attempt, block }: { replica: number; attempt: number; block: number },
): Orphan[] {
  using progress = ConfinedFolder.open(progressFolder);
  using owners = progress?.folder("owners");
  const files = new Set<number>();
  for (let each = 1; each <= attempt; each += 1) {
    const stats = owners?.stat(`${replica}.${each}.${block}`);
    if (stats) files.add(stats.ino);
  }
  if (files.size === 0) return [];
  using journals = progress?.folder("journal");
  using journal = journals?.folder(String(replica));
  const ends = lastEvents(journal?.read(String(block)) ?? Buffer.alloc(0));
  using claims = progress?.folder("claims");
  using folder = claims?.folder(String(block));
  const names = new Set(folder?.names());
  return [...names].flatMap((name) => {
    const [position = 0, generation = 0] = name.split(".").map(Number);
    if (!/^\d+\.\d+$/.test(name) || names.has(`${position}.${generation + 1}`)) return [];
    if (!files.has(folder?.stat(name)?.ino ?? -1)) return [];
    const end = ends.get(position);
    const isOver = end !== undefined && ["done", "fail", "aside"].includes(end.kind);
    return isOver && end.generation >= generation ? [] : [{ position, generation }];
  });
}

function lastEvents(bytes: Buffer): Map<number, JournalEvent> {
  return new Map(readEvents(bytes).events.map((event) => [event.position, event]));
}

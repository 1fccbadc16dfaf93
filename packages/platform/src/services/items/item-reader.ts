import { readFileSync, renameSync, writeFileSync } from "node:fs";
import type { Item, ItemCounts, ItemState } from "@canfar/contract";
import { itemCountsSchema } from "@canfar/contract";
import type { Log } from "../../log.ts";
import type { GroupRecord } from "../../records/group-store.ts";
import type { Records } from "../../records/records.ts";
import type { SessionChanges } from "../session-changes.ts";
import { forgive, readForgiven } from "./forgiven.ts";
import { ItemRecords } from "./item-records.ts";
import { ItemTally } from "./item-tally.ts";
import { itemsFolders } from "./items-folders.ts";
import { listItems } from "./list-items.ts";
import { notWritten } from "./write-items.ts";

/** Counts of a Group that goes on. */
interface Count {
  readonly records: ItemRecords;
  readonly tally: ItemTally;
  readonly forgiven: ReadonlyMap<number, number>;
  /** Replicas that may have recorded something since the last look. */
  readonly changed: Set<number>;
}

/** Answers how the Items of Groups stand, from what their Replicas record. */
export class ItemReader {
  readonly #options;
  readonly #counting = new Map<string, Count>();
  /** Of Groups that have ended, with the moment of the end. */
  readonly #settled = new Map<string, { endedAt: string; counts: ItemCounts }>();

  /** @param options.folder of all Groups */
  constructor(options: { records: Records; changes: SessionChanges; folder: string; log: Log }) {
    this.#options = options;
    options.changes.listen(({ groupId, replicaIndex }) =>
      this.#counting.get(groupId)?.changed.add(replicaIndex),
    );
  }

  /**
   * @param endedAt when the last Replica ended, ISO 8601; null while one may still run
   * @returns undefined for a Group without Items
   */
  counts(group: GroupRecord, endedAt: string | null): ItemCounts | undefined {
    const { items } = group.details;
    if (items === undefined) return undefined;
    if (endedAt === null) return this.#count(group, items.total);
    const settled = this.#settled.get(group.id) ?? this.#readSettled(group.id);
    if (settled?.endedAt === endedAt) return settled.counts;
    const counts = this.#count(group, items.total);
    this.#settle(group.id, { endedAt, counts });
    return counts;
  }

  /** Items in the order in which they are dealt. @param state only those of this state */
  *list(group: GroupRecord, state?: ItemState | undefined): Generator<Item> {
    const { items } = group.details;
    if (items === undefined) return;
    const folders = itemsFolders(this.#options.folder, group.id);
    for (const item of listItems({ folders, running: this.#running(group.id) }))
      if (state === undefined || item.state === state) yield item;
  }

  /**
   * Lets the next attempts of Replicas try again what was set aside.
   *
   * @throws CanfarError `storage.full`
   */
  forgive(group: GroupRecord, replicas: readonly { replicaIndex: number; attempt: number }[]): void {
    if (group.details.items === undefined) return;
    const { items } = itemsFolders(this.#options.folder, group.id);
    try {
      for (const { replicaIndex, attempt } of replicas) forgive(items, replicaIndex, attempt);
    } catch (error) {
      throw notWritten(error);
    }
    // What is known of it counts otherwise from now on.
    this.#counting.delete(group.id);
    this.#settled.delete(group.id);
  }

  #count(group: GroupRecord, total: number): ItemCounts {
    const count = this.#counting.get(group.id) ?? this.#begin(group.id, total);
    const running = this.#running(group.id);
    // Of the others nothing new can have come: their records are read once, after their end.
    const replicas = new Set([...count.changed, ...running.keys()]);
    count.changed.clear();
    for (const { replica, event } of count.records.news(replicas))
      count.tally.add(replica, event, count.forgiven.get(replica) ?? 0);
    return count.tally.counts((replica) => running.has(replica));
  }

  #begin(groupId: string, total: number): Count {
    const { items, progress } = itemsFolders(this.#options.folder, groupId);
    const records = new ItemRecords(progress);
    const count = {
      ...{ records, tally: new ItemTally(total), forgiven: readForgiven(items) },
      changed: new Set(records.replicas()),
    };
    this.#counting.set(groupId, count);
    return count;
  }

  /** Replicas that run, with their attempts. */
  #running(groupId: string): Map<number, number> {
    const active = this.#options.records.sessions.active().filter((session) => session.groupId === groupId);
    return new Map(active.map(({ replicaIndex, attempt }) => [replicaIndex, attempt]));
  }

  #readSettled(groupId: string): { endedAt: string; counts: ItemCounts } | null {
    try {
      const text = readFileSync(itemsFolders(this.#options.folder, groupId).counts, "utf8");
      const { endedAt, counts } = JSON.parse(text) as { endedAt: string; counts: unknown };
      const settled = { endedAt, counts: itemCountsSchema.parse(counts) };
      this.#settled.set(groupId, settled);
      return settled;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "ENOENT")
        this.#options.log.warn("the counts of a Group's items are made anew", { group: groupId, error });
      return null;
    }
  }

  /** Only to be quick the next time: without it the records are read again. */
  #settle(groupId: string, settled: { endedAt: string; counts: ItemCounts }): void {
    const { counts } = itemsFolders(this.#options.folder, groupId);
    this.#settled.set(groupId, settled);
    this.#counting.delete(groupId);
    try {
      writeFileSync(`${counts}.new`, JSON.stringify(settled));
      renameSync(`${counts}.new`, counts);
    } catch (error) {
      this.#options.log.warn("the counts of a Group's items could not be kept", { group: groupId, error });
    }
  }
}

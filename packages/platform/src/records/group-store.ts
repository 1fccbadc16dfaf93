import type { DatabaseSync } from "node:sqlite";
import type { ResourceAllocation, SessionKind } from "@canfar/contract";

/** What the planner needs of a Group beyond the columns that are searched. */
export interface GroupDetails {
  readonly user: { readonly uid: number; readonly gid: number; readonly groups: readonly number[] };
  readonly image: { readonly digest: string; readonly recipe: string | null };
  readonly command?: string | undefined;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly allocation: ResourceAllocation;
}

/** One launch request: what all its Sessions share. */
export interface GroupRecord {
  readonly id: string;
  readonly username: string;
  readonly kind: SessionKind;
  readonly image: string;
  readonly interactive: boolean;
  readonly replicaCount: number;
  readonly slots: number;
  readonly lifetimeSeconds: number;
  readonly details: GroupDetails;
  readonly createdAt: string;
}

export class GroupStore {
  readonly #insert;
  readonly #find;
  readonly #load;

  constructor(database: DatabaseSync) {
    this.#insert = database.prepare(`
      INSERT INTO groups (id, username, kind, image, interactive, replica_count, slots, requested_cores,
        requested_memory_gib, lifetime_seconds, details, created_at)
      VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`);
    this.#find = database.prepare("SELECT * FROM groups WHERE id = ?");
    this.#load = database.prepare(`
      SELECT COALESCE(SUM(requested_cores), 0) AS cores, COALESCE(SUM(requested_memory_gib), 0) AS memoryGiB
      FROM sessions JOIN groups ON groups.id = group_id
      WHERE phase IN ('admitted', 'preparing', 'starting', 'running')`);
  }

  insert(group: GroupRecord): void {
    const { requestedCores, requestedMemoryGiB } = group.details.allocation;
    this.#insert.run(
      ...[group.id, group.username, group.kind, group.image, group.interactive ? 1 : 0, group.replicaCount],
      ...[group.slots, requestedCores, requestedMemoryGiB, group.lifetimeSeconds],
      ...[JSON.stringify(group.details), group.createdAt],
    );
  }

  find(id: string): GroupRecord | null {
    const row = this.#find.get(id);
    if (row === undefined) return null;
    return {
      id: String(row.id),
      username: String(row.username),
      kind: row.kind as SessionKind,
      image: String(row.image),
      interactive: row.interactive === 1,
      replicaCount: Number(row.replica_count),
      slots: Number(row.slots),
      lifetimeSeconds: Number(row.lifetime_seconds),
      details: JSON.parse(String(row.details)) as GroupDetails,
      createdAt: String(row.created_at),
    };
  }

  /** What active Sessions of everybody have asked for together. */
  load(): { cores: number; memoryGiB: number } {
    const row = this.#load.get();
    return { cores: Number(row?.cores ?? 0), memoryGiB: Number(row?.memoryGiB ?? 0) };
  }
}

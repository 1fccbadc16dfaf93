import type { DatabaseSync, SQLOutputValue } from "node:sqlite";
import {
  type BatchPolicy,
  DEFAULT_BATCH_POLICY,
  type ItemSplit,
  type ResourceAllocation,
  type ResourceRequest,
  type SessionKind,
} from "@canfar/contract";

/** What there is to know of a Group's Items without reading their list. */
export interface GroupItems {
  readonly split: ItemSplit;
  readonly total: number;
  readonly setAsideAfter: number;
}

/** What the planner needs of a Group beyond the columns that are searched. */
export interface GroupDetails {
  readonly user: { readonly uid: number; readonly gid: number; readonly groups: readonly number[] };
  readonly image: { readonly digest: string; readonly recipe: string | null };
  readonly command?: string | undefined;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly allocation: ResourceAllocation;
  /** What is split over its Replicas; absent where nothing is. */
  readonly items?: GroupItems | undefined;
  /** What was asked for; absent in Groups of an older platform. */
  readonly resources?: ResourceRequest | undefined;
  /** Absent means the default. */
  readonly policy?: BatchPolicy | undefined;
}

/** One launch request: what all its Sessions share. */
export interface GroupRecord {
  /** Order of creation over all users. */
  readonly sequence: number;
  readonly id: string;
  /** What its Replicas' names begin with. */
  readonly name: string;
  readonly username: string;
  readonly kind: SessionKind;
  readonly image: string;
  readonly interactive: boolean;
  readonly replicaCount: number;
  readonly lifetimeSeconds: number;
  readonly details: GroupDetails;
  readonly createdAt: string;
  /** The caller's own id of the request; null where it had none. */
  readonly requestId: string | null;
  /** Equal for requests that ask for the same. */
  readonly requestDigest: string;
  /** Why nothing of it starts any more, one sentence; null while it may. */
  readonly stopped: string | null;
  /** When the logs of its Sessions were removed, ISO 8601; null while they are there. */
  readonly logsRemovedAt: string | null;
  /** False while Groups that have to end before it have not. */
  readonly released: boolean;
  /** Failed Replicas that the limit of failures does not count: those that a rerun left alone. */
  readonly failedBefore: number;
}

export function policyOf(group: GroupRecord): BatchPolicy {
  return group.details.policy ?? DEFAULT_BATCH_POLICY;
}

export class GroupStore {
  readonly #insert;
  readonly #find;
  readonly #load;
  readonly #withOldLogs;
  readonly #setLogsRemoved;
  readonly #findByRequest;
  readonly #findLike;
  readonly #update;
  readonly #newest;

  constructor(database: DatabaseSync) {
    this.#insert = database.prepare(`
      INSERT INTO groups (id, username, kind, image, interactive, replica_count, requested_cores,
        requested_memory_gib, lifetime_seconds, details, created_at, name, request_id, request_digest, released)
      VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`);
    this.#find = database.prepare("SELECT rowid AS sequence, * FROM groups WHERE id = ?");
    this.#findByRequest = database.prepare(
      "SELECT rowid AS sequence, * FROM groups WHERE username = ? AND request_id = ?",
    );
    this.#findLike = database.prepare(`
      SELECT rowid AS sequence, * FROM groups WHERE username = ? AND name = ? AND created_at >= ? AND request_digest = ?
        AND request_id IS NULL ORDER BY created_at DESC LIMIT 1`);
    this.#withOldLogs = database.prepare(`
      SELECT id FROM groups WHERE logs_removed_at IS NULL AND created_at < ? AND NOT EXISTS (
        SELECT 1 FROM sessions WHERE group_id = groups.id
          AND (phase <> 'ended' OR COALESCE(ended_at, sessions.created_at) >= ? OR deleted_at >= ?))
      ORDER BY created_at LIMIT ?`);
    this.#setLogsRemoved = database.prepare("UPDATE groups SET logs_removed_at = ? WHERE id = ?");
    this.#newest = database.prepare(
      "SELECT id FROM groups WHERE username = ? AND interactive = 0 ORDER BY rowid DESC LIMIT ?",
    );
    this.#update = database.prepare(
      "UPDATE groups SET stopped = ?, released = ?, failed_before = ? WHERE id = ?",
    );
    this.#load = database.prepare(`
      SELECT COALESCE(SUM(requested_cores), 0) AS cores, COALESCE(SUM(requested_memory_gib), 0) AS memoryGiB
      FROM sessions JOIN groups ON groups.id = group_id
      WHERE phase IN ('admitted', 'preparing', 'starting', 'running')`);
  }

  /** @returns it with its place in the order of creation */
  insert(group: GroupRecord): GroupRecord {
    const { requestedCores, requestedMemoryGiB } = group.details.allocation;
    const { lastInsertRowid } = this.#insert.run(
      ...[group.id, group.username, group.kind, group.image, group.interactive ? 1 : 0, group.replicaCount],
      ...[requestedCores, requestedMemoryGiB, group.lifetimeSeconds],
      ...[JSON.stringify(group.details), group.createdAt, group.name],
      ...[group.requestId, group.requestDigest, group.released ? 1 : 0],
    );
    return { ...group, sequence: Number(lastInsertRowid) };
  }

  find(id: string): GroupRecord | null {
    return toRecord(this.#find.get(id));
  }

  /** The Group that a request of this user with this id made. */
  findByRequest(username: string, requestId: string): GroupRecord | null {
    return toRecord(this.#findByRequest.get(username, requestId));
  }

  /**
   * The newest Group without a request id that asked for the same under the same name.
   *
   * @param since ISO 8601: older ones do not count
   */
  findLike(
    group: Pick<GroupRecord, "username" | "name" | "requestDigest">,
    since: string,
  ): GroupRecord | null {
    return toRecord(this.#findLike.get(group.username, group.name, since, group.requestDigest));
  }

  /** Ids of a user's newest headless Groups, newest first. */
  newest(username: string, limit: number): string[] {
    return this.#newest.all(username, limit).map(({ id }) => String(id));
  }

  /** Notes what policies have made of a Group: whether something of it may start, and what counts. */
  update({ id, stopped, released, failedBefore }: GroupRecord): void {
    this.#update.run(stopped, released ? 1 : 0, failedBefore, id);
  }

  /**
   * Groups whose logs are there and whose Sessions all ended, and were deleted if at all, before a time.
   *
   * @param time ISO 8601
   */
  withLogsOlderThan(time: string, limit: number): string[] {
    return this.#withOldLogs.all(time, time, time, limit).map(({ id }) => String(id));
  }

  /** @param at ISO 8601; null once there will be logs again */
  setLogsRemoved(id: string, at: string | null): void {
    this.#setLogsRemoved.run(at, id);
  }

  /** What active Sessions of everybody have asked for together. */
  load(): { cores: number; memoryGiB: number } {
    const row = this.#load.get();
    return { cores: Number(row?.cores ?? 0), memoryGiB: Number(row?.memoryGiB ?? 0) };
  }
}

function toRecord(row: Record<string, SQLOutputValue> | undefined): GroupRecord | null {
  if (row === undefined) return null;
  return {
    sequence: Number(row.sequence),
    id: String(row.id),
    name: String(row.name),
    username: String(row.username),
    kind: row.kind as SessionKind,
    image: String(row.image),
    interactive: row.interactive === 1,
    replicaCount: Number(row.replica_count),
    lifetimeSeconds: Number(row.lifetime_seconds),
    details: JSON.parse(String(row.details)) as GroupDetails,
    createdAt: String(row.created_at),
    requestId: row.request_id as string | null,
    requestDigest: String(row.request_digest ?? ""),
    stopped: row.stopped as string | null,
    logsRemovedAt: row.logs_removed_at as string | null,
    released: row.released === 1,
    failedBefore: Number(row.failed_before),
  };
}

import { CanfarError } from "@canfar/contract";
import type { GroupLogPart } from "../../session-driver.ts";
import { normalizeTime } from "./cri-format.ts";
import { FolderWatch } from "./folder-watch.ts";
import { Merge, type SegmentPosition } from "./merge.ts";
import { SegmentReader } from "./segment-reader.ts";
import { listSegments } from "./segments.ts";
import type { Selection } from "./selection.ts";

/** When a reader that follows may stop. */
export interface Following {
  /** True once nothing more will be written. */
  isOver(): boolean;
  /** Calls back when `isOver` may have changed. @returns the function that ends it */
  subscribe(look: () => void): () => void;
}

/** Until a promise resolves. */
export function followingUntil(end: Promise<unknown>): Following {
  let isOver = false;
  const over = end.then(
    () => {
      isOver = true;
    },
    () => {
      isOver = true; // Who made the promise hears of its failure.
    },
  );
  return {
    isOver: () => isOver,
    subscribe(look) {
      let isSubscribed = true;
      void over.then(() => {
        if (isSubscribed) look();
      });
      return () => {
        isSubscribed = false;
      };
    },
  };
}

export interface LogQuery {
  /** Of the Group. */
  readonly folder: string;
  readonly sessionIds?: ReadonlySet<string> | undefined;
  readonly attempt?: number | undefined;
  readonly tail?: number | undefined;
  readonly since?: string | undefined;
  /** From an earlier part. */
  readonly cursor?: string | undefined;
  /** Null: only what there is now. */
  readonly following: Following | null;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Reads the output of a Group, or of some of its Sessions, from its segments.
 *
 * @throws CanfarError `request.invalid`, at once, for a cursor that this did not make
 */
export function readLogs(query: LogQuery): AsyncGenerator<GroupLogPart> {
  return partsOf(query, new Reading(query));
}

async function* partsOf(query: LogQuery, reading: Reading): AsyncGenerator<GroupLogPart> {
  const { following, signal } = query;
  const watch = following === null ? null : new FolderWatch(query.folder);
  const unsubscribe = following?.subscribe(() => watch?.poke());
  try {
    for (let isFirst = true; !signal?.aborted; isFirst = false) {
      await watch?.changed(signal);
      // Asked before reading: what came between is read.
      const wasOver = following === null || following.isOver();
      await reading.openNew(isFirst);
      for (let part = await reading.next(); part !== null && !signal?.aborted; part = await reading.next()) {
        yield part;
      }
      if (wasOver) return;
    }
  } finally {
    unsubscribe?.();
    watch?.close();
    await reading.close();
  }
}

/** The segments of one query. */
class Reading {
  readonly #query: LogQuery;
  readonly #merge = new Merge();
  readonly #open = new Set<string>();
  readonly #from: ReadonlyMap<string, SegmentPosition>;

  constructor(query: LogQuery) {
    this.#query = query;
    this.#from = query.cursor === undefined ? new Map() : decodeCursor(query.cursor);
  }

  /** @param isFirst what appears later is not older than the reader, so that its beginning is not left out */
  async openNew(isFirst: boolean): Promise<void> {
    const { folder, sessionIds, attempt, tail, since, cursor, following } = this.#query;
    const [only] = sessionIds?.size === 1 ? sessionIds : [];
    for (const segment of await listSegments(folder, only)) {
      if (this.#open.has(segment.name)) continue;
      const before = this.#from.get(segment.name);
      const isInTail = isFirst && (cursor === undefined || before?.tailSize !== undefined);
      const selection: Selection = {
        ...{ sessionIds, attempt, from: before?.position },
        since: since === undefined ? undefined : normalizeTime(since),
        tail: tail !== undefined && isInTail ? { lines: tail, size: before?.tailSize } : undefined,
      };
      const reader = await SegmentReader.open(segment, selection, following !== null);
      if (reader === null) continue;
      this.#open.add(segment.name);
      this.#merge.add(segment.name, reader);
    }
  }

  async next(): Promise<GroupLogPart | null> {
    const lines = await this.#merge.next();
    return lines === null ? null : { lines, cursor: encodeCursor(this.#merge.positions()) };
  }

  async close(): Promise<void> {
    await this.#merge.close();
  }
}

/**
 * `1-of-8:1234,2-of-8:99/500`: bytes behind the last line passed on, for each segment, and behind the slash how large it
 * was when its last lines were asked for, as long as it is not read so far.
 */
function encodeCursor(positions: readonly SegmentPosition[]): string {
  return positions
    .map(
      ({ name, position, tailSize }) => `${name}:${position}${tailSize === undefined ? "" : `/${tailSize}`}`,
    )
    .join(",");
}

function decodeCursor(cursor: string): Map<string, SegmentPosition> {
  const entries = cursor === "" ? [] : cursor.split(",");
  return new Map(
    entries.map((entry) => {
      const match = /^(\d{1,3}-of-\d{1,3}):(\d{1,15})(?:\/(\d{1,15}))?$/.exec(entry);
      const [, name = "", position, tailSize] = match ?? [];
      if (name !== "") {
        return [
          name,
          {
            ...{ name, position: Number(position) },
            tailSize: tailSize === undefined ? undefined : Number(tailSize),
          },
        ];
      }
      throw new CanfarError("request.invalid", {
        message: "the log cursor is not one of this server's",
        hint: "Begin without one.",
      });
    }),
  );
}

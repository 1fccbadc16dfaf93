import type { GroupLogLine } from "../../session-driver.ts";
import type { Lines, SegmentReader } from "./segment-reader.ts";

/** A segment with what was read of it and not passed on yet. */
interface Source {
  readonly name: string;
  readonly reader: SegmentReader;
  read: Lines | null;
  /** Lines of `read` that were passed on. */
  used: number;
  /** False when it had no more at the last look. */
  mayHaveMore: boolean;
}

/** How far a segment was read. */
export interface SegmentPosition {
  readonly name: string;
  /** In bytes. */
  readonly position: number;
  /** Up to this size of the segment only the last lines of each Session are wanted. */
  readonly tailSize: number | undefined;
}

/**
 * Merges segments by the times of their lines, as far as that can be done with a piece of each in memory. Lines of one
 * segment, and so those of one Session, keep their order whatever their times say.
 */
export class Merge {
  readonly #sources: Source[] = [];

  add(name: string, reader: SegmentReader): void {
    this.#sources.push({ name, reader, read: null, used: 0, mayHaveMore: true });
  }

  /** Where each segment stands: reading from there on gives what comes next. */
  positions(): SegmentPosition[] {
    return this.#sources.map((source) => {
      const [position, { tailSize }] = [positionOf(source), source.reader];
      return { name: source.name, position, tailSize: position < tailSize ? tailSize : undefined };
    });
  }

  /** @returns what can be passed on; null when there is no more now */
  async next(): Promise<GroupLogLine[] | null> {
    for (;;) {
      await Promise.all(this.#sources.map(fill));
      const full = this.#sources.filter(({ read }) => read !== null);
      if (full.length === 0) return null;
      const [only] = full;
      if (full.length === 1 && only !== undefined) return takeAll(only);
      const lines = takeInOrder(full);
      if (lines.length > 0) return lines;
    }
  }

  async close(): Promise<void> {
    await Promise.all(this.#sources.map(({ reader }) => reader.close()));
  }
}

async function fill(source: Source): Promise<void> {
  while (source.read === null) {
    const read = await source.reader.next();
    source.mayHaveMore = read !== null;
    if (read === null) return;
    if (read.lines.length > 0) source.read = read;
    source.used = 0;
  }
}

function takeAll(source: Source): GroupLogLine[] {
  const lines = source.read?.lines.slice(source.used) ?? [];
  source.read = null;
  return lines;
}

/** Takes the oldest line again and again, until a source is empty that may have an older one than the rest. */
function takeInOrder(sources: readonly Source[]): GroupLogLine[] {
  const taken: GroupLogLine[] = [];
  const left = new Set(sources);
  for (;;) {
    const [oldest, following] = twoOldest(left);
    const { source } = oldest;
    if (source === null) return taken;
    const lines = source.read?.lines ?? [];
    do taken.push(lines[source.used++] as GroupLogLine);
    while (source.used < lines.length && headOf(source) <= following.time);
    if (source.used < lines.length) continue;
    source.read = null;
    left.delete(source);
    if (source.mayHaveMore) return taken;
  }
}

interface Head {
  readonly source: Source | null;
  readonly time: string;
}

const NONE: Head = { source: null, time: "~" };

function twoOldest(sources: ReadonlySet<Source>): [Head, Head] {
  let [first, second] = [NONE, NONE];
  for (const source of sources) {
    const head = { source, time: headOf(source) };
    if (head.time < first.time) [first, second] = [head, first];
    else if (head.time < second.time) second = head;
  }
  return [first, second];
}

function headOf({ read, used }: Source): string {
  return read?.lines[used]?.time ?? NONE.time;
}

function positionOf({ reader, read, used }: Source): number {
  return read === null ? reader.position : (read.offsets[used] ?? read.end);
}

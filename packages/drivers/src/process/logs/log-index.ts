/**
 * The index of one segment: where its headings are, so that a reader finds one Replica's lines in a file of thousands,
 * and the end or a time without reading the rest. It may lack the newest headings, and has none at offset 0: a Session
 * that is alone in its file needs no index. The segment itself is the truth.
 */
import type { FileHandle } from "node:fs/promises";
import { formatHeading, type LogOwner, parseHeading } from "./heading.ts";
import { readAt } from "./open-if-there.ts";

/** One heading. */
export interface IndexEntry {
  /** Of the heading, in bytes. */
  readonly offset: number;
  /** Every line before it was written at this time or earlier; milliseconds since 1970. */
  readonly time: number;
  readonly owner: LogOwner;
}

/** Offset and time as doubles, the session id in 8 bytes, attempt and replica in 4 each. */
const RECORD_BYTES = 32;
const ID_BYTES = 8;
const LONGEST_HEADING_BYTES = 64;

export function encodeEntry({ offset, time, owner }: IndexEntry): Buffer {
  const id = Buffer.from(owner.sessionId);
  if (id.length > ID_BYTES) throw new RangeError(`'${owner.sessionId}' is longer than a session id`);
  const record = Buffer.alloc(RECORD_BYTES);
  record.writeDoubleLE(offset, 0);
  record.writeDoubleLE(time, 8);
  id.copy(record, 16);
  record.writeUInt32LE(owner.attempt, 24);
  record.writeUInt32LE(owner.replicaIndex, 28);
  return record;
}

/** The headings of a segment up to a moment, oldest first; decoded one by one, because there may be a million. */
export class LogIndex {
  readonly #records: Buffer;
  /** Of the segment, at that moment. */
  readonly size: number;

  private constructor(records: Buffer, size: number) {
    this.#records = records;
    this.size = size;
  }

  /**
   * Reads an index, and from the segment what it lacks.
   *
   * @param index null where there is no file
   * @param lackingTime what is noted as the time of headings that the index lacks: no line before them is younger
   */
  static async read(
    segment: FileHandle,
    index: FileHandle | null,
    lackingTime = Number.POSITIVE_INFINITY,
  ): Promise<LogIndex> {
    const stored = index === null ? Buffer.alloc(0) : await index.readFile();
    const { size } = await segment.stat();
    const known = wholeRecords(stored, size);
    const first = await firstHeading(segment);
    const records = first === null ? [known] : [encodeEntry(first), known];
    const before = new LogIndex(Buffer.concat(records), size);
    if (before.length === 0) return before;
    const missing = await headingsAfter(segment, before.entry(before.length - 1), size);
    const encoded = missing.map((heading) => encodeEntry({ ...heading, time: lackingTime }));
    return new LogIndex(Buffer.concat([before.#records, ...encoded]), size);
  }

  /** As it was when the segment was so large. @param size in bytes, at most what it is now */
  upTo(size: number): LogIndex {
    return new LogIndex(
      this.#records.subarray(0, (this.#last((at) => this.offset(at) < size) + 1) * RECORD_BYTES),
      size,
    );
  }

  /** What the index's file should hold. */
  get stored(): Buffer {
    return this.length > 0 && this.offset(0) === 0 ? this.#records.subarray(RECORD_BYTES) : this.#records;
  }

  get length(): number {
    return this.#records.length / RECORD_BYTES;
  }

  offset(at: number): number {
    return this.#records.readDoubleLE(at * RECORD_BYTES);
  }

  time(at: number): number {
    return this.#records.readDoubleLE(at * RECORD_BYTES + 8);
  }

  /** Where the lines below a heading end. */
  end(at: number): number {
    return at + 1 < this.length ? this.offset(at + 1) : this.size;
  }

  owner(at: number): LogOwner {
    const start = at * RECORD_BYTES;
    const id = this.#records.toString("latin1", start + 16, start + 16 + ID_BYTES);
    return {
      sessionId: id.replace(/\0+$/, ""),
      attempt: this.#records.readUInt32LE(start + 24),
      replicaIndex: this.#records.readUInt32LE(start + 28),
    };
  }

  entry(at: number): IndexEntry {
    return { offset: this.offset(at), time: this.time(at), owner: this.owner(at) };
  }

  /** The last heading at or before an offset; -1 where there is none. */
  headingBefore(offset: number): number {
    return this.#last((at) => this.offset(at) <= offset);
  }

  /** The first heading below which lines may be as young as `time`: milliseconds since 1970. */
  headingSince(time: number): number {
    return Math.max(
      0,
      this.#last((at) => this.time(at) < time),
    );
  }

  /** The last entry of those, at the beginning, for which something holds. */
  #last(holds: (at: number) => boolean): number {
    let [low, high] = [0, this.length];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (holds(middle)) low = middle + 1;
      else high = middle;
    }
    return low - 1;
  }
}

/** Without a record that was cut, and without those of a part of the segment that was never written. */
function wholeRecords(stored: Buffer, size: number): Buffer {
  let end = stored.length - (stored.length % RECORD_BYTES);
  while (end > 0 && stored.readDoubleLE(end - RECORD_BYTES) >= size) end -= RECORD_BYTES;
  return stored.subarray(0, end);
}

async function firstHeading(segment: FileHandle): Promise<IndexEntry | null> {
  const head = await readAt(segment, 0, LONGEST_HEADING_BYTES);
  const owner = parseHeading(head.toString("latin1", 0, Math.max(0, head.indexOf(10))));
  return owner === null ? null : { offset: 0, time: 0, owner };
}

const SCAN_BYTES = 1024 * 1024;

/** Headings in the segment behind the last one known: few, unless a crash took the end of the index. */
async function headingsAfter(
  segment: FileHandle,
  last: IndexEntry,
  size: number,
): Promise<Omit<IndexEntry, "time">[]> {
  const found: Omit<IndexEntry, "time">[] = [];
  let start = last.offset + formatHeading(last.owner).length - 1; // At the line end before whatever follows.
  while (start < size) {
    const bytes = await readAt(segment, start, Math.min(SCAN_BYTES, size - start));
    for (let at = bytes.indexOf("\n# "); at >= 0; at = bytes.indexOf("\n# ", at + 1)) {
      const end = bytes.indexOf(10, at + 1);
      const offset = start + at + 1;
      const owner = end < 0 ? null : parseHeading(bytes.toString("latin1", at + 1, end));
      if (owner !== null && offset > (found.at(-1)?.offset ?? 0)) found.push({ offset, owner });
    }
    // A heading that is cut by the end of these bytes is whole in the next ones.
    if (bytes.length <= LONGEST_HEADING_BYTES || start + bytes.length >= size) break;
    start += bytes.length - LONGEST_HEADING_BYTES;
  }
  return found;
}

import type { FileHandle } from "node:fs/promises";
import type { GroupLogLine } from "../../session-driver.ts";
import { parseLine } from "./cri-format.ts";
import { HEADING_MARK, type LogOwner, parseHeading } from "./heading.ts";
import { LogIndex } from "./log-index.ts";
import { openIfThere, readAt } from "./open-if-there.ts";
import type { Segment } from "./segments.ts";
import { type Range, rangesOf, type Selection, wantsAll, wantsOwner } from "./selection.ts";
import { findTails, type TailStart } from "./tail.ts";

const CHUNK_BYTES = 256 * 1024;
const LINE_END = 10;
const HEADING_START = Buffer.from(`\n${HEADING_MARK}`);

/** Wanted lines of a segment, one after the other as they stand in it. */
export interface Lines {
  readonly lines: readonly GroupLogLine[];
  /** Where each begins, in bytes. */
  readonly offsets: readonly number[];
  /** Behind the last of them; reading from here on gives what comes next. */
  readonly end: number;
}

/** Reads the wanted lines of one segment: those that there are, and, asked again later, those that came meanwhile. */
export class SegmentReader {
  readonly #file: FileHandle;
  readonly #selection: Selection;
  readonly #tails: ReadonlyMap<string, TailStart>;
  /** How large the segment was when the tails were its end; 0 where all lines are wanted. */
  readonly tailSize: number;
  readonly #ranges: Range[];
  #owner: LogOwner | null = null;
  #isWanted = false;
  /** Always at the start of a line. */
  #position: number;
  #chunkBytes = CHUNK_BYTES;

  private constructor(parts: {
    file: FileHandle;
    selection: Selection;
    tails: ReadonlyMap<string, TailStart>;
    tailSize?: number;
    ranges: Range[];
  }) {
    this.#file = parts.file;
    this.#selection = parts.selection;
    this.#tails = parts.tails;
    this.tailSize = parts.tailSize ?? 0;
    this.#ranges = parts.ranges;
    this.#position = parts.ranges[0]?.start ?? 0;
  }

  /** @returns null where the segment is not there, or not any more */
  static async open(segment: Segment, selection: Selection, follow: boolean): Promise<SegmentReader | null> {
    const file = await openIfThere(segment.log);
    if (file === null) return null;
    if (wantsAll(selection)) {
      const ranges = [{ start: 0, end: Number.POSITIVE_INFINITY }];
      return new SegmentReader({ file, selection, tails: new Map(), ranges });
    }
    const stored = await openIfThere(segment.index);
    try {
      const index = await LogIndex.read(file, stored);
      const { tail, from = 0 } = selection;
      if (tail === undefined) {
        return new SegmentReader({
          file,
          selection,
          tails: new Map(),
          ranges: rangesOf(index, selection, follow),
        });
      }
      const tailSize = Math.min(tail.size ?? index.size, index.size);
      const tails = await findTails(file, index.upTo(tailSize), { ...selection, tail });
      const first = Math.max(from, firstOf(tails, tailSize));
      const ranges = rangesOf(index, { ...selection, from: first }, follow);
      return new SegmentReader({ file, selection, tails, tailSize, ranges });
    } finally {
      await stored?.close();
    }
  }

  /** Where the next line to be read begins, in bytes. */
  get position(): number {
    return this.#position;
  }

  /** @returns the next lines, perhaps none of this part of the segment; null when there is no more now */
  async next(): Promise<Lines | null> {
    const [range] = this.#ranges;
    if (range === undefined) return null;
    const length = Math.min(this.#chunkBytes, range.end - this.#position);
    const chunk = await readAt(this.#file, this.#position, length);
    // Up to the last line end: a line that is being written, or was cut by a crash, is looked at again.
    const bytes = chunk.subarray(0, chunk.lastIndexOf(LINE_END) + 1);
    if (bytes.length === 0 && chunk.length === this.#chunkBytes) {
      this.#chunkBytes *= 2;
      return await this.next();
    }
    this.#chunkBytes = CHUNK_BYTES;
    if (bytes.length === 0) return this.#nextRange() ? await this.next() : null;
    const start = this.#position;
    this.#position += bytes.length;
    return this.#read(bytes, start);
  }

  /** @returns false where this is the last one, which has no end */
  #nextRange(): boolean {
    const [, next] = this.#ranges;
    if (next === undefined) return false;
    this.#ranges.shift();
    this.#position = next.start;
    this.#owner = null;
    return true;
  }

  async close(): Promise<void> {
    await this.#file.close();
  }

  #read(bytes: Buffer, start: number): Lines {
    const found: { lines: GroupLogLine[]; offsets: number[] } = { lines: [], offsets: [] };
    let at = 0;
    while (at < bytes.length) {
      if (bytes[at] === HEADING_MARK.charCodeAt(0)) {
        const end = bytes.indexOf(LINE_END, at);
        this.#own(parseHeading(bytes.toString("latin1", at, end)));
        at = end + 1;
      }
      const next = bytes.indexOf(HEADING_START, Math.max(0, at - 1));
      const end = next < 0 ? bytes.length : next + 1;
      if (this.#isWanted && end > at) this.#take(bytes.subarray(at, end), start + at, found);
      at = end;
    }
    return { ...found, end: start + bytes.length };
  }

  #own(owner: LogOwner | null): void {
    this.#owner = owner;
    this.#isWanted = owner !== null && wantsOwner(this.#selection, owner);
  }

  /** Decodes lines of one attempt. */
  #take(bytes: Buffer, start: number, into: { lines: GroupLogLine[]; offsets: number[] }): void {
    const owner = this.#owner;
    if (owner === null) return;
    const { since } = this.#selection;
    const from = this.#from(owner);
    const text = bytes.toString("utf8");
    // Where all characters are one byte long, places in the text are places in the file.
    const isNarrow = text.length === bytes.length;
    let offset = start;
    for (let at = 0; at < text.length; ) {
      const end = text.indexOf("\n", at);
      const line = offset < from ? null : parseLine(text.slice(at, end));
      if (line !== null && (since === undefined || line.time >= since)) {
        into.lines.push(Object.assign(line, owner));
        into.offsets.push(offset);
      }
      offset += isNarrow ? end + 1 - at : Buffer.byteLength(text.slice(at, end)) + 1;
      at = end + 1;
    }
  }

  #from({ sessionId, attempt }: LogOwner): number {
    const { from = 0 } = this.#selection;
    const tail = this.#tails.get(sessionId);
    if (tail === undefined) return from;
    return attempt < tail.attempt ? Number.POSITIVE_INFINITY : Math.max(from, tail.offset);
  }
}

function firstOf(tails: ReadonlyMap<string, TailStart>, size: number): number {
  return [...tails.values()].reduce((least, { offset }) => Math.min(least, offset), size);
}

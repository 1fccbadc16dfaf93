import type { FileHandle } from "node:fs/promises";
import type { LogOwner } from "./heading.ts";
import type { LogIndex } from "./log-index.ts";
import { readAt } from "./open-if-there.ts";
import { type Selection, type TailOfSegment, wantsOwner } from "./selection.ts";

const WINDOW_BYTES = 256 * 1024;

/** From where on the lines of one Session are wanted. */
export interface TailStart {
  readonly attempt: number;
  /** In bytes. */
  readonly offset: number;
}

/**
 * Finds where the last lines of each Session begin, from the end of the segment, and reads no more of it than those
 * lines.
 *
 * @returns by Session; one without lines is absent
 */
export async function findTails(
  segment: FileHandle,
  index: LogIndex,
  selection: Selection & { readonly tail: TailOfSegment },
): Promise<Map<string, TailStart>> {
  const tails = new Map<string, TailStart & { missing: number }>();
  const window = new BackwardWindow(segment);
  for (let at = index.length - 1; at >= 0; at -= 1) {
    const owner: LogOwner = index.owner(at);
    if (!wantsOwner(selection, owner)) continue;
    const end = index.end(at);
    const fresh = { attempt: owner.attempt, offset: end, missing: selection.tail.lines };
    const tail = tails.get(owner.sessionId) ?? fresh;
    if (tail.attempt !== owner.attempt || tail.missing === 0) {
      tails.set(owner.sessionId, tail);
      continue;
    }
    const { offset, found } = await lastLines(window, { start: index.offset(at), end }, tail.missing);
    tails.set(owner.sessionId, { ...tail, offset, missing: tail.missing - found });
  }
  return tails;
}

/** Where the last `count` lines of a range begin; its first line is the heading, and does not count. */
async function lastLines(
  window: BackwardWindow,
  range: { start: number; end: number },
  count: number,
): Promise<{ offset: number; found: number }> {
  let found = -1; // The line end of the last line begins none.
  for (let end = range.end; end > range.start; ) {
    const { bytes, start } = await window.before(end, range.start);
    for (let at = bytes.lastIndexOf(10); at >= 0; at = at === 0 ? -1 : bytes.lastIndexOf(10, at - 1)) {
      found += 1;
      if (found === count) return { offset: start + at + 1, found };
    }
    end = start;
  }
  return { offset: range.start, found: Math.max(0, found) };
}

/** Reads a file towards its start, in large steps whatever is asked for. */
class BackwardWindow {
  readonly #file: FileHandle;
  #bytes: Buffer = Buffer.alloc(0);
  #start = 0;

  constructor(file: FileHandle) {
    this.#file = file;
  }

  /** Some bytes that end at `end`, none of them before `start`; at least one where the file has them. */
  async before(end: number, start: number): Promise<{ bytes: Buffer; start: number }> {
    if (end <= this.#start || end > this.#start + this.#bytes.length) {
      this.#start = Math.max(0, end - WINDOW_BYTES);
      this.#bytes = await readAt(this.#file, this.#start, end - this.#start);
    }
    const first = Math.max(start, this.#start);
    return { bytes: this.#bytes.subarray(first - this.#start, end - this.#start), start: first };
  }
}

import { Append, sizeOf } from "./append.ts";
import { currentTime } from "./cri-format.ts";
import { formatHeading, type LogOwner } from "./heading.ts";
import { encodeEntry } from "./log-index.ts";
import { repairSegment } from "./repair-segment.ts";
import type { Segment } from "./segments.ts";

/** Above this many unwritten bytes the sources are asked to wait. */
const HIGH_WATER_BYTES = 1024 * 1024;
const RETRY_MS = 1000;
/** A heading at least so often, so that a time is found in the long output of one Session. */
const HEADING_EVERY_BYTES = 1024 * 1024;

/** Where lines come from. */
export interface LogSource {
  /** It should stop (true) or may go on (false). */
  onPressure(stop: boolean): void;
  /** Its lines cannot be written, for the first time since they could; or they can be again (null). */
  onTrouble(error: NodeJS.ErrnoException | null): void;
}

interface Writer {
  readonly owner: LogOwner;
  readonly source: LogSource;
  /** What is not in the file yet. */
  texts: string[];
  leaving: PromiseWithResolvers<void> | null;
  knowsOfTrouble: boolean;
}

/** Where the file ends, and whose lines came last. */
interface End {
  size: number;
  owner: LogOwner | null;
  headingAt: number;
  /** No line is younger. */
  time: number;
}

/** Lines on their way. */
interface Batch {
  readonly writers: readonly Writer[];
  readonly segment: Append;
  readonly index: Append;
}

/**
 * Appends the output of many attempts to one segment. Lines are written as they come and at once: what was taken out of
 * a Session's pipe is in this process's memory alone until then, and lost if it is killed. A full disk loses nothing:
 * what could not be written stays in memory up to a bound, the sources are asked to wait beyond it, and writing is
 * tried again each second. Files are open only while they are written to.
 */
export class SegmentWriter {
  readonly #segment: Segment;
  readonly #writers = new Map<LogOwner, Writer>();
  /** With something to write, in the order in which their lines came. */
  readonly #waiting = new Set<Writer>();
  #waitingBytes = 0;
  #begun: Batch | null = null;
  readonly #leaving = new Set<Writer>();
  #end: End | null = null;
  #isPressed = true;
  #retry: NodeJS.Timeout | null = null;
  #trouble = Promise.withResolvers<void>();
  #error: NodeJS.ErrnoException | null = null;

  constructor(segment: Segment) {
    this.#segment = segment;
    void this.#prepare();
  }

  /** True when nobody writes any more. */
  get isIdle(): boolean {
    return this.#writers.size === 0;
  }

  join(owner: LogOwner, source: LogSource): void {
    this.#writers.set(owner, { owner, source, texts: [], leaving: null, knowsOfTrouble: false });
    if (this.#isPressed) source.onPressure(true);
  }

  /** @param text whole lines */
  append(owner: LogOwner, text: string): void {
    const writer = this.#writers.get(owner);
    if (writer === undefined) throw new Error("this log is closed");
    writer.texts.push(text);
    this.#waiting.add(writer);
    this.#waitingBytes += Buffer.byteLength(text);
    if (this.#error !== null) this.#tellTrouble(writer, this.#error);
    if (this.#end !== null && this.#retry === null) this.#write();
    this.#setPressure();
  }

  /** Resolves when the file cannot be written, at once if that is so now. */
  inTrouble(): Promise<void> {
    return this.#trouble.promise;
  }

  /** Resolves when all that this one appended is in the file. */
  async leave(owner: LogOwner): Promise<void> {
    const writer = this.#writers.get(owner);
    if (writer === undefined) return;
    writer.leaving ??= Promise.withResolvers();
    this.#leaving.add(writer);
    if (!this.#hasUnwritten) this.#releaseLeaving();
    await writer.leaving.promise;
  }

  #releaseLeaving(): void {
    for (const { owner, leaving } of this.#leaving) {
      this.#writers.delete(owner);
      leaving?.resolve();
    }
    this.#leaving.clear();
  }

  get #hasUnwritten(): boolean {
    return this.#waiting.size > 0 || this.#begun !== null;
  }

  /** Mends what an earlier host has left. Until then sources wait: their lines are safer in their pipes. */
  async #prepare(): Promise<void> {
    try {
      const time = currentTime();
      const size = await repairSegment(this.#segment, time);
      this.#end = { size, owner: null, headingAt: 0, time };
      this.#write();
    } catch (error) {
      this.#setTrouble(error as NodeJS.ErrnoException);
      setTimeout(() => void this.#prepare(), RETRY_MS);
    }
    this.#setPressure();
  }

  #write(): void {
    this.#retry = null;
    try {
      while (this.#hasUnwritten) {
        this.#begun ??= this.#begin();
        // In this order: what is in the index is in the segment too, unless the machine crashed.
        this.#begun.segment.finish();
        this.#begun.index.finish();
        this.#begun = null;
      }
    } catch (error) {
      this.#setTrouble(error as NodeJS.ErrnoException);
      this.#retry = setTimeout(() => {
        this.#write();
        this.#setPressure();
      }, RETRY_MS);
      return;
    }
    this.#setTrouble(null);
    this.#releaseLeaving();
  }

  /** Takes everything that waits, with a heading where the owner changes, and its record for the index. */
  #begin(): Batch {
    const end = this.#currentEnd();
    const pieces: Buffer[] = [];
    const records: Buffer[] = [];
    const add = (piece: Buffer) => {
      pieces.push(piece);
      end.size += piece.length;
    };
    for (const writer of this.#waiting) {
      const { owner } = writer;
      if (owner !== end.owner || end.size - end.headingAt >= HEADING_EVERY_BYTES) {
        // The very first heading needs no record: everybody looks there.
        if (end.size > 0) records.push(encodeEntry({ offset: end.size, time: end.time, owner }));
        end.owner = owner;
        end.headingAt = end.size;
        add(Buffer.from(formatHeading(owner)));
      }
      add(Buffer.from(writer.texts.join("")));
      writer.texts = [];
    }
    const writers = [...this.#waiting];
    this.#waiting.clear();
    this.#waitingBytes = 0;
    this.#end = end;
    return {
      writers,
      segment: new Append(this.#segment.log, Buffer.concat(pieces)),
      index: new Append(this.#segment.index, Buffer.concat(records)),
    };
  }

  /** As this writer left it, unless somebody has removed the file meanwhile. */
  #currentEnd(): End {
    const size = sizeOf(this.#segment.log);
    const time = Math.max(this.#end?.time ?? 0, currentTime());
    if (this.#end?.size === size) return { ...this.#end, time };
    return { size, owner: null, headingAt: 0, time };
  }

  #setTrouble(error: NodeJS.ErrnoException | null): void {
    const wasInTrouble = this.#error !== null;
    this.#error = error;
    if (error === null && !wasInTrouble) return;
    if (error === null) this.#trouble = Promise.withResolvers();
    else this.#trouble.resolve();
    const unwritten = [...(this.#begun?.writers ?? []), ...this.#waiting];
    for (const writer of error === null ? this.#writers.values() : unwritten)
      this.#tellTrouble(writer, error);
  }

  #tellTrouble(writer: Writer, error: NodeJS.ErrnoException | null): void {
    if (writer.knowsOfTrouble === (error !== null)) return;
    writer.knowsOfTrouble = error !== null;
    writer.source.onTrouble(error);
  }

  #setPressure(): void {
    const unwritten = this.#waitingBytes + (this.#begun?.segment.length ?? 0);
    const stop = this.#end === null || unwritten > HIGH_WATER_BYTES;
    if (stop === this.#isPressed) return;
    this.#isPressed = stop;
    for (const { source } of this.#writers.values()) source.onPressure(stop);
  }
}

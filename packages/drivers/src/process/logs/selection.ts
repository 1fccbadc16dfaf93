import type { LogOwner } from "./heading.ts";
import type { LogIndex } from "./log-index.ts";

/** Which lines of a segment are wanted. */
export interface Selection {
  /** Absent: of every Session. */
  readonly sessionIds?: ReadonlySet<string> | undefined;
  /** Absent: of all attempts. */
  readonly attempt?: number | undefined;
  /** RFC 3339 with microseconds: no older ones. */
  readonly since?: string | undefined;
  /** Only the last so many of each Session, of its newest attempt. */
  readonly tail?: TailOfSegment | undefined;
  /** Only those that begin here or later, in bytes. */
  readonly from?: number | undefined;
}

/** The last lines of each Session, as they were at a moment. */
export interface TailOfSegment {
  readonly lines: number;
  /** How large the segment was then, in bytes; absent: now. What came later is wanted all. */
  readonly size?: number | undefined;
}

/** A part of a segment that begins at a heading. */
export interface Range {
  readonly start: number;
  /** Infinity for what is still to come. */
  readonly end: number;
}

/** Gaps up to this size are read over: a seek costs more. */
const GAP_BYTES = 64 * 1024;

export function wantsOwner({ sessionIds, attempt }: Selection, owner: LogOwner): boolean {
  return (
    (sessionIds === undefined || sessionIds.has(owner.sessionId)) &&
    (attempt === undefined || attempt === owner.attempt)
  );
}

/** True where a segment must be read from its start on, so that its index tells nothing. */
export function wantsAll({ sessionIds, attempt, since, tail, from }: Selection): boolean {
  const parts = [sessionIds, attempt, since, tail];
  return parts.every((part) => part === undefined) && (from ?? 0) === 0;
}

/**
 * Where the wanted lines are, so far as headings tell.
 *
 * @param follow with an open range at the end: what comes next may be wanted too
 */
export function rangesOf(index: LogIndex, selection: Selection, follow: boolean): Range[] {
  const { from = 0, since } = selection;
  const youngerThan = since === undefined ? 0 : index.headingSince(Date.parse(since));
  const ranges: { start: number; end: number }[] = [];
  for (let at = Math.max(0, index.headingBefore(from), youngerThan); at < index.length; at += 1) {
    const isLast = at === index.length - 1;
    if (!(isLast && follow) && !wantsOwner(selection, index.owner(at))) continue;
    const start = index.offset(at);
    const end = isLast ? Number.POSITIVE_INFINITY : index.end(at);
    const before = ranges.at(-1);
    if (before !== undefined && start - before.end <= GAP_BYTES) before.end = end;
    else ranges.push({ start, end });
  }
  return index.length === 0 ? [{ start: 0, end: Number.POSITIVE_INFINITY }] : ranges;
}

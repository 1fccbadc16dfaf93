import { REPLICA_COUNT, REPLICA_ID } from "@canfar/contract";
import { parsePythonInteger } from "./python-integer.ts";

/** Where the numbers come from that are not given. */
type Environment = Readonly<Record<string, string | undefined>>;

/** Place of a Replica among all, from 1; what is not given comes from REPLICA_ID and REPLICA_COUNT. */
export interface Place {
  readonly replica?: number | undefined;
  readonly total?: number | undefined;
  /** Default: `process.env`. */
  readonly environment?: Environment | undefined;
}

export interface ChunkOptions extends Place {
  /** Parts that differ by at most one item, in place of a last part that takes the whole remainder. */
  readonly balanced?: boolean | undefined;
}

/**
 * This Replica's part of the items: one stretch of neighbours. All parts together are all items, each once.
 *
 * Same as Python's `canfar.helpers.distributed.chunk`: every part has `floor(items / total)` items and the last one the
 * remainder as well; where there are fewer items than Replicas, the first ones get one each. Nothing is read before the
 * first item is asked for, then everything is.
 *
 * @throws RangeError where the place is not one of 1 to total; TypeError where a variable is not a whole number; both
 * when the first item is asked for
 */
export function chunk<T>(items: Iterable<T>, options?: ChunkOptions): Generator<T, void, undefined>;
export function chunk<T>(
  items: Iterable<T>,
  replica?: number | null,
  total?: number | null,
): Generator<T, void, undefined>;
export function* chunk<T>(
  items: Iterable<T>,
  first?: ChunkOptions | number | null,
  second?: number | null,
): Generator<T, void, undefined> {
  const { balanced = false, ...place } = asOptions(first, second);
  const { replica, total } = resolve(place);
  const all = [...items];
  if (total <= 0) throw new RangeError(`total must be positive, not ${total}`);
  if (replica < 1) throw new RangeError(`replica must be >= 1 (1-based indexing expected), not ${replica}`);
  if (replica > total) throw new RangeError(`replica cannot exceed total: ${replica} of ${total}`);
  const [start, end] = balanced
    ? balancedBounds(all.length, replica, total)
    : remainderLastBounds(all.length, replica, total);
  for (let index = start; index < end; index += 1) yield all[index] as T;
}

/**
 * This Replica's part of the items, dealt out like cards: items replica, replica + total, … All parts together are all
 * items, each once; also for items without end.
 *
 * Same as Python's `canfar.helpers.distributed.stripe`: a place that is not one of 1 to total gets nothing.
 *
 * @throws RangeError where total is not positive; TypeError where a variable is not a whole number; both when the first
 * item is asked for
 */
export function stripe<T>(items: Iterable<T>, options?: Place): Generator<T, void, undefined>;
export function stripe<T>(
  items: Iterable<T>,
  replica?: number | null,
  total?: number | null,
): Generator<T, void, undefined>;
export function* stripe<T>(
  items: Iterable<T>,
  first?: Place | number | null,
  second?: number | null,
): Generator<T, void, undefined> {
  const { replica, total } = resolve(asOptions(first, second));
  if (replica < 1) return;
  if (total <= 0) throw new RangeError(`total must be positive, not ${total}`);
  if (replica > total) return;
  let position = 0;
  for (const item of items) {
    if (position % total === replica - 1) yield item;
    position += 1;
  }
}

function asOptions(
  first: ChunkOptions | number | null | undefined,
  second: number | null | undefined,
): ChunkOptions {
  if (typeof first === "object" && first !== null) return first;
  return { replica: first ?? undefined, total: second ?? undefined };
}

/** 0 is a number like any other here, and not "missing". */
function resolve({ replica, total, environment = process.env }: Place): { replica: number; total: number } {
  return {
    replica: replica === undefined ? variable(environment, REPLICA_ID) : whole("replica", replica),
    total: total === undefined ? variable(environment, REPLICA_COUNT) : whole("total", total),
  };
}

function variable(environment: Environment, name: string): number {
  const text = environment[name];
  if (text === undefined) return 1;
  const value = parsePythonInteger(text);
  if (value === null)
    throw new TypeError(`the environment variable ${name} is not a whole number: '${text}'`);
  return value;
}

function whole(name: string, value: number): number {
  if (!Number.isInteger(value)) throw new TypeError(`${name} is not a whole number: ${value}`);
  return value;
}

/** First index, and the index after the last one. */
type Bounds = readonly [start: number, end: number];

function remainderLastBounds(count: number, replica: number, total: number): Bounds {
  if (count < total) return [replica - 1, Math.min(replica, count)];
  const size = Math.floor(count / total);
  return [(replica - 1) * size, replica === total ? count : replica * size];
}

function balancedBounds(count: number, replica: number, total: number): Bounds {
  const size = Math.floor(count / total);
  const larger = count % total;
  const start = (replica - 1) * size + Math.min(replica - 1, larger);
  return [start, start + size + (replica <= larger ? 1 : 0)];
}

import type { ItemSplit } from "./items-request.ts";

/** Items in the order in which they are dealt, and who gets which. */
export interface Deal {
  /** Indices of the Items, from 0, in dealing order; null means as they came. */
  readonly order: Uint32Array | null;
  /**
   * Of each Replica, the index in dealing order where its share begins, and one more for the end: Replica `r` (from 1)
   * gets `[shares[r - 1], shares[r])`. Null where a Replica takes its next Item when it is free.
   */
  readonly shares: Uint32Array | null;
}

/**
 * Deals Items out to Replicas, see `ITEM_SPLITS`. Each Item is dealt once, whatever the split.
 *
 * @param options.weights one for each Item; used by `weight`, which needs them, and by `dynamic`
 */
export function dealItems(options: {
  count: number;
  replicas: number;
  split: ItemSplit;
  weights?: readonly number[] | undefined;
}): Deal {
  const { count, replicas, split, weights } = options;
  switch (split) {
    case "chunk":
      return { order: null, shares: chunkShares(count, replicas) };
    case "balanced":
      return { order: null, shares: balancedShares(count, replicas) };
    case "stripe":
      return { order: stripeOrder(count, replicas), shares: balancedShares(count, replicas) };
    case "dynamic":
      return { order: weights === undefined ? null : heaviestFirst(weights), shares: null };
    case "weight":
      if (weights === undefined) throw new TypeError("the split by weight needs weights");
      return dealByWeight(weights, replicas);
  }
}

/** The last share takes the remainder; where there are fewer Items than Replicas, the first ones get one each. */
function chunkShares(count: number, replicas: number): Uint32Array {
  const size = Math.floor(count / replicas);
  return Uint32Array.from({ length: replicas + 1 }, (_, at) => {
    if (at === replicas) return count;
    return size === 0 ? Math.min(at, count) : at * size;
  });
}

function balancedShares(count: number, replicas: number): Uint32Array {
  const size = Math.floor(count / replicas);
  const larger = count % replicas;
  return Uint32Array.from({ length: replicas + 1 }, (_, at) => at * size + Math.min(at, larger));
}

function stripeOrder(count: number, replicas: number): Uint32Array {
  const order = new Uint32Array(count);
  let at = 0;
  for (let replica = 0; replica < Math.min(replicas, count); replica += 1) {
    for (let item = replica; item < count; item += replicas) order[at++] = item;
  }
  return order;
}

function heaviestFirst(weights: readonly number[]): Uint32Array {
  const order = Uint32Array.from({ length: weights.length }, (_, index) => index);
  return order.sort((a, b) => (weights[b] ?? 0) - (weights[a] ?? 0) || a - b);
}

/**
 * Longest processing time first: each Item, the heaviest first, to the Replica with the least so far; of two with the
 * same weight so far, to the one with fewer Items, so that Items without weight are spread as well. The heaviest share is
 * at most 4/3 of the best possible one.
 */
function dealByWeight(weights: readonly number[], replicas: number): Deal {
  const queue = new LeastLoaded(replicas);
  const owner = new Uint32Array(weights.length);
  for (const item of heaviestFirst(weights)) owner[item] = queue.add(weights[item] ?? 0);
  const shares = new Uint32Array(replicas + 1);
  for (const replica of owner) shares[replica + 1] = (shares[replica + 1] ?? 0) + 1;
  for (let at = 1; at <= replicas; at += 1) shares[at] = (shares[at] ?? 0) + (shares[at - 1] ?? 0);
  const order = new Uint32Array(weights.length);
  const next = shares.slice();
  for (const [item, replica] of owner.entries()) {
    const place = next[replica] ?? 0;
    order[place] = item;
    next[replica] = place + 1;
  }
  return { order, shares };
}

/** A binary heap of Replicas, the one with the least weight on top. */
class LeastLoaded {
  readonly #heap: Uint32Array;
  readonly #load: Float64Array;
  readonly #items: Uint32Array;

  constructor(replicas: number) {
    this.#heap = Uint32Array.from({ length: replicas }, (_, replica) => replica);
    this.#load = new Float64Array(replicas);
    this.#items = new Uint32Array(replicas);
  }

  /** Gives a weight to the Replica on top. @returns that Replica, from 0 */
  add(weight: number): number {
    const replica = this.#heap[0] ?? 0;
    this.#load[replica] = (this.#load[replica] ?? 0) + weight;
    this.#items[replica] = (this.#items[replica] ?? 0) + 1;
    this.#sink(replica);
    return replica;
  }

  /** Moves the one on top down to its place. */
  #sink(replica: number): void {
    const heap = this.#heap;
    let at = 0;
    for (;;) {
      const left = 2 * at + 1;
      if (left >= heap.length) break;
      const right = left + 1;
      const child = right < heap.length && this.#isBefore(heap[right] ?? 0, heap[left] ?? 0) ? right : left;
      const other = heap[child] ?? 0;
      if (!this.#isBefore(other, replica)) break;
      heap[at] = other;
      at = child;
    }
    heap[at] = replica;
  }

  #isBefore(a: number, b: number): boolean {
    const difference =
      (this.#load[a] ?? 0) - (this.#load[b] ?? 0) || (this.#items[a] ?? 0) - (this.#items[b] ?? 0);
    return difference === 0 ? a < b : difference < 0;
  }
}

import { describe, expect, it } from "vitest";
import { type Deal, dealItems } from "./deal-items.ts";
import { ITEM_SPLITS } from "./items-request.ts";

/** Random numbers that are the same in each run: Marsaglia's xorshift. */
function random(seed: number): () => number {
  let state = seed;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) / 2 ** 32;
  };
}

function parts({ order, shares }: Deal, count: number): number[][] {
  const dealt = order ?? Uint32Array.from({ length: count }, (_, index) => index);
  if (shares === null) return [[...dealt]];
  return Array.from({ length: shares.length - 1 }, (_, at) => [...dealt.slice(shares[at], shares[at + 1])]);
}

const sizes = [0, 1, 2, 3, 7, 10, 99, 100, 101, 1000];
const cases = sizes.flatMap((count) => [1, 2, 3, 7, 100, 1001].map((replicas) => ({ count, replicas })));

describe.each(ITEM_SPLITS)("the split %s", (split) => {
  it("deals each item once, to as many shares as there are replicas", () => {
    for (const { count, replicas } of cases) {
      const draw = random(count * 31 + replicas);
      const weights = Array.from({ length: count }, () => Math.floor(draw() * 5));
      const dealt = parts(dealItems({ count, replicas, split, weights }), count);
      expect(dealt).toHaveLength(split === "dynamic" ? 1 : replicas);
      expect(dealt.flat().toSorted((a, b) => a - b)).toEqual(Array.from({ length: count }, (_, at) => at));
    }
  });
});

describe("shares", () => {
  it("of balanced and stripe differ by at most one", () => {
    for (const split of ["balanced", "stripe"] as const) {
      for (const { count, replicas } of cases) {
        const lengths = parts(dealItems({ count, replicas, split }), count).map(({ length }) => length);
        expect(Math.max(...lengths) - Math.min(...lengths)).toBeLessThanOrEqual(1);
      }
    }
  });

  it("of balanced and chunk are neighbours, of stripe every n-th", () => {
    expect(parts(dealItems({ count: 7, replicas: 3, split: "balanced" }), 7)).toEqual([
      [0, 1, 2],
      [3, 4],
      [5, 6],
    ]);
    expect(parts(dealItems({ count: 7, replicas: 3, split: "chunk" }), 7)).toEqual([
      [0, 1],
      [2, 3],
      [4, 5, 6],
    ]);
    expect(parts(dealItems({ count: 3, replicas: 5, split: "chunk" }), 3)).toEqual([[0], [1], [2], [], []]);
    expect(parts(dealItems({ count: 7, replicas: 3, split: "stripe" }), 7)).toEqual([
      [0, 3, 6],
      [1, 4],
      [2, 5],
    ]);
  });

  it("by weight are no heavier than a share of all and the item that made it the heaviest", () => {
    // Graham: whoever got the last item had the least of all before it, so at most the mean.
    for (const { count, replicas } of cases) {
      const draw = random(count + 7 * replicas);
      const weights = Array.from({ length: count }, () => draw() ** 4 * 1e9);
      const loads = loadsOf({ weights, replicas });
      const total = weights.reduce((sum, weight) => sum + weight, 0);
      const heaviest = Math.max(0, ...weights);
      expect(Math.max(...loads)).toBeLessThanOrEqual(total / replicas + heaviest + 1e-3);
    }
  });

  it("by weight are within 5 % of the bound when there are many items of the sizes of real files", () => {
    const draw = random(4);
    // Log-normal, as files are: most of some megabytes, a few of gigabytes.
    const weights = Array.from({ length: 10_000 }, () => Math.exp(16 + 1.5 * normal(draw)));
    const bound = Math.max(weights.reduce((sum, weight) => sum + weight, 0) / 100, ...weights);
    expect(Math.max(...loadsOf({ weights, replicas: 100 }))).toBeLessThanOrEqual(1.05 * bound);
  });

  it("by weight spread what weighs nothing", () => {
    const lengths = parts(
      dealItems({ count: 100, replicas: 4, split: "weight", weights: Array(100).fill(0) }),
      100,
    ).map(({ length }) => length);
    expect(lengths).toEqual([25, 25, 25, 25]);
  });

  it("by weight must have weights", () => {
    expect(() => dealItems({ count: 1, replicas: 1, split: "weight" })).toThrow(TypeError);
  });
});

describe("dynamic", () => {
  it("begins with the heaviest where weights are known, else as the items came", () => {
    const weights = [1, 5, 3, 5];
    expect(dealItems({ count: 4, replicas: 2, split: "dynamic", weights }).order).toEqual(
      Uint32Array.of(1, 3, 2, 0),
    );
    expect(dealItems({ count: 4, replicas: 2, split: "dynamic" }).order).toBeNull();
  });
});

function loadsOf({ weights, replicas }: { weights: number[]; replicas: number }): number[] {
  const deal = dealItems({ count: weights.length, replicas, split: "weight", weights });
  return parts(deal, weights.length).map((part) => part.reduce((sum, item) => sum + (weights[item] ?? 0), 0));
}

/** Box and Muller. */
function normal(draw: () => number): number {
  return Math.sqrt(-2 * Math.log(1 - draw())) * Math.cos(2 * Math.PI * draw());
}

import { describe, expect, test } from "vitest";
import { chunk, stripe } from "./distributed.ts";

const range = (count: number) => Array.from({ length: count }, (_, index) => index);
const parts = <T>(count: number, total: number, deal: (items: number[], id: number) => Iterable<T>) =>
  range(total).map((id) => [...deal(range(count), id + 1)]);
const chunks = (count: number, total: number) => parts(count, total, (items, id) => chunk(items, id, total));
const stripes = (count: number, total: number) =>
  parts(count, total, (items, id) => stripe(items, id, total));
const padded = (filled: number[][], total: number) => range(total).map((index) => filled[index] ?? []);

describe("the table of Python's canfar.helpers.distributed", () => {
  test.each([
    { n: 0, total: 4, chunked: [], striped: [] },
    { n: 1, total: 1, chunked: [[0]], striped: [[0]] },
    { n: 1, total: 3, chunked: [[0]], striped: [[0]] },
    { n: 1, total: 100, chunked: [[0]], striped: [[0]] },
    { n: 3, total: 1, chunked: [[0, 1, 2]], striped: [[0, 1, 2]] },
    { n: 3, total: 3, chunked: [[0], [1], [2]], striped: [[0], [1], [2]] },
    { n: 3, total: 10, chunked: [[0], [1], [2]], striped: [[0], [1], [2]] },
    {
      n: 7,
      total: 3,
      chunked: [
        [0, 1],
        [2, 3],
        [4, 5, 6],
      ],
      striped: [
        [0, 3, 6],
        [1, 4],
        [2, 5],
      ],
    },
    { n: 7, total: 4, chunked: [[0], [1], [2], [3, 4, 5, 6]], striped: [[0, 4], [1, 5], [2, 6], [3]] },
    { n: 7, total: 10, chunked: range(7).map((i) => [i]), striped: range(7).map((i) => [i]) },
    {
      n: 10,
      total: 3,
      chunked: [
        [0, 1, 2],
        [3, 4, 5],
        [6, 7, 8, 9],
      ],
      striped: [
        [0, 3, 6, 9],
        [1, 4, 7],
        [2, 5, 8],
      ],
    },
    {
      n: 10,
      total: 4,
      chunked: [
        [0, 1],
        [2, 3],
        [4, 5],
        [6, 7, 8, 9],
      ],
      striped: [
        [0, 4, 8],
        [1, 5, 9],
        [2, 6],
        [3, 7],
      ],
    },
    { n: 10, total: 10, chunked: range(10).map((i) => [i]), striped: range(10).map((i) => [i]) },
  ])("$n items for $total Replicas", ({ n, total, chunked, striped }) => {
    expect(chunks(n, total)).toEqual(padded(chunked, total));
    expect(stripes(n, total)).toEqual(padded(striped, total));
  });

  test("1000 items for 3, 100 and 199 for 100 Replicas have the sizes that Python gives", () => {
    expect(chunks(1000, 3).map((part) => part.length)).toEqual([333, 333, 334]);
    expect(stripes(1000, 3).map((part) => part.length)).toEqual([334, 333, 333]);
    expect(chunks(1000, 100)[99]).toEqual(range(10).map((i) => 990 + i));
    expect(stripes(1000, 100)[0]).toEqual(range(10).map((i) => 100 * i));
    expect(chunks(199, 100).map((part) => part.length)).toEqual([...Array(99).fill(1), 100]);
  });

  test("strings are items too", () => {
    expect([...chunk("abcdefg", 2, 3)]).toEqual(["c", "d"]);
    expect([...stripe("abcdefg", 2, 3)]).toEqual(["b", "e"]);
  });
});

describe("every item goes to exactly one Replica", () => {
  const balanced = (count: number, total: number) =>
    parts(count, total, (items, id) => chunk(items, { replica: id, total, balanced: true }));

  test.each([
    { name: "chunk", deal: chunks },
    { name: "stripe", deal: stripes },
    { name: "balanced chunk", deal: balanced },
  ])("with $name, for every count to 40 and every total to 45", ({ deal }) => {
    for (const count of range(41)) {
      for (const total of range(45).map((index) => index + 1)) {
        expect(
          deal(count, total)
            .flat()
            .sort((a, b) => a - b),
        ).toEqual(range(count));
      }
    }
  });

  test("balanced parts keep the order and differ by at most one item", () => {
    for (const count of range(41)) {
      for (const total of range(45).map((index) => index + 1)) {
        const dealt = balanced(count, total);
        const sizes = dealt.map((part) => part.length);
        expect(dealt.flat()).toEqual(range(count));
        expect(Math.max(...sizes) - Math.min(...sizes)).toBeLessThanOrEqual(1);
      }
    }
  });
});

describe("a wrong place", () => {
  test.each([
    { replica: 0, total: 3, chunked: /1-based/, striped: [] },
    { replica: -1, total: 3, chunked: /1-based/, striped: [] },
    { replica: 4, total: 3, chunked: /cannot exceed/, striped: [] },
    { replica: 1, total: 0, chunked: /total must be positive/, striped: /total must be positive/ },
    { replica: 1, total: -1, chunked: /total must be positive/, striped: /total must be positive/ },
    { replica: 0, total: 0, chunked: /total must be positive/, striped: [] },
    { replica: 0, total: -1, chunked: /total must be positive/, striped: [] },
  ])("replica $replica of $total", ({ replica, total, chunked, striped }) => {
    expect(() => [...chunk(range(10), replica, total)]).toThrow(chunked);
    if (Array.isArray(striped)) expect([...stripe(range(10), replica, total)]).toEqual(striped);
    else expect(() => [...stripe(range(10), replica, total)]).toThrow(striped);
  });

  test("is noticed when the first item is asked for, not before", () => {
    const iterator = chunk(range(10), 0, 3);
    expect(() => iterator.next()).toThrow(RangeError);
  });

  test("a fraction is refused", () => {
    expect(() => [...chunk(range(10), 1.5, 3)]).toThrow(TypeError);
  });
});

describe("REPLICA_ID and REPLICA_COUNT", () => {
  const environment = { REPLICA_ID: "2", REPLICA_COUNT: "3" };

  test("say what is not given", () => {
    expect([...chunk(range(10), { environment })]).toEqual([3, 4, 5]);
    expect([...stripe(range(10), { environment })]).toEqual([1, 4, 7]);
    expect([...chunk(range(10), { environment, replica: 3 })]).toEqual([6, 7, 8, 9]);
  });

  test("absent, they mean everything", () => {
    expect([...chunk(range(3), { environment: {} })]).toEqual([0, 1, 2]);
    expect([...stripe(range(3), { environment: {} })]).toEqual([0, 1, 2]);
  });

  test.each([" 2 ", "+2", "0_2", "02"])("%j is 2, as in Python", (text) => {
    expect([...stripe(range(4), { environment: { REPLICA_ID: text, REPLICA_COUNT: "2" } })]).toEqual([1, 3]);
  });

  test.each(["", "two", "2.0", "1e2", "0x2", "2__0", "_2"])(
    "%j is an error that names the variable",
    (text) => {
      const bad = { REPLICA_ID: text, REPLICA_COUNT: "2" };
      expect(() => [...chunk(range(4), { environment: bad })]).toThrow(/REPLICA_ID/);
      expect(() => [...stripe(range(4), { environment: bad })]).toThrow(/REPLICA_ID/);
    },
  );

  test("are read when the first item is asked for", () => {
    const changing: Record<string, string> = { REPLICA_ID: "1", REPLICA_COUNT: "2" };
    const mine = chunk(range(4), { environment: changing });
    changing.REPLICA_ID = "2";
    expect([...mine]).toEqual([2, 3]);
  });
});

describe("how much is read", () => {
  function* counted(count: number, seen: { items: number }) {
    for (const item of range(count)) {
      seen.items += 1;
      yield item;
    }
  }

  test("chunk reads everything before its first item, stripe only as far as needed", () => {
    const chunked = { items: 0 };
    const striped = { items: 0 };
    expect(chunk(counted(10, chunked), 1, 4).next().value).toBe(0);
    expect(stripe(counted(10, striped), 1, 4).next().value).toBe(0);
    expect([chunked.items, striped.items]).toEqual([10, 1]);
  });

  test("stripe works on items without end", () => {
    function* forever() {
      for (let n = 0; ; n += 1) yield n;
    }
    expect([...stripe(forever(), 2, 3).take(4)]).toEqual([1, 4, 7, 10]);
  });
});

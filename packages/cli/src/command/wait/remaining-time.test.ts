import { describe, expect, test } from "vitest";
import { remainingMs } from "./remaining-time.ts";

const look = (at: number, completed: number, running: number, failed = 0) => ({
  at,
  counts: { pending: 0, running, completed, failed },
});

describe("the remaining time", () => {
  test("is unknown while nothing has ended", () => {
    expect(remainingMs(look(0, 0, 10), look(5_000, 0, 10), 0)).toBeNull();
  });

  test("goes by the pace since the wait began", () => {
    expect(remainingMs(look(0, 50, 50), look(10_000, 60, 40), -1_000_000)).toBe(40_000);
    expect(remainingMs(look(0, 0, 4), look(10_000, 1, 2, 1), undefined)).toBe(10_000);
  });

  test("goes by what ended before, until something ends", () => {
    expect(remainingMs(look(60_000, 30, 10), look(60_000, 30, 10), 0)).toBe(20_000);
    expect(remainingMs(look(60_000, 30, 10), look(60_000, 30, 10), undefined)).toBeNull();
  });

  test("is nothing at the end", () => {
    expect(remainingMs(look(0, 0, 2), look(1_000, 2, 0), 0)).toBe(0);
  });
});

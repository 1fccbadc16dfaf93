import type { ReplicaUsage } from "@canfar/contract";
import { expect, test } from "vitest";
import { spreadOf } from "./replica-usage.ts";
import { adviceFor, type Measured } from "./resource-advice.ts";

const offered = { cores: [1, 2, 3, 4, 5, 6, 7, 8], memoryGiB: [1, 2, 4, 8, 16, 32, 64] };

/** Replicas that used so many cores on average and had such peaks, each for ten seconds. */
function measured(
  cores: readonly number[],
  peaks: readonly number[],
  change: Partial<Measured> = {},
): Measured {
  const requested = { cores: 4, memoryGiB: 16 };
  const replicas = cores.map((used, at): ReplicaUsage => {
    const place = { index: at + 1, session: `s${at}`, state: "completed" as const, attempts: 1 };
    return { ...place, wallSeconds: 10, cpuEfficiency: used / requested.cores };
  });
  const largestPeakGiB = peaks.length === 0 ? null : Math.max(...peaks);
  return { replicas, requested, tooLittleGiB: [], largestPeakGiB, offered, ...change };
}

test("memory has head room above every peak, and never more than 10 %", () => {
  for (let peak = 1; peak < 60; peak += 0.037) {
    const { memoryGiB = 0 } = adviceFor(measured([1], [peak / 2, peak]));
    expect(memoryGiB).toBeGreaterThan(peak);
    expect(memoryGiB / peak).toBeLessThanOrEqual(1.1 + 1e-9);
  }
});

test("cores are what nearly all replicas use on average, in tenths", () => {
  expect(adviceFor(measured([0.2, 0.98, 1.02], [])).cores).toBe(1);
  expect(adviceFor(measured([2.31], [])).cores).toBe(2.3);
  expect(adviceFor(measured([2.37], [])).cores).toBe(2.4);
  expect(adviceFor(measured([...Array(99).fill(1.5), 8], [])).cores).toBe(1.5);
});

test("advice stays within what the platform offers", () => {
  expect(adviceFor(measured([0.01], [0.02]))).toMatchObject({ cores: 1, memoryGiB: 1 });
  expect(adviceFor(measured([12], [63])).cores).toBe(8);
  expect(adviceFor(measured([12], [63])).memoryGiB).toBe(64);
});

test("replicas that ran out of memory get half as much again, or are told that there is no more", () => {
  const out = adviceFor(measured([1], [4], { tooLittleGiB: [4] }));
  expect(out.memoryGiB).toBe(6);
  expect(out.reasons.join()).toContain("ran out of 4 GiB");
  const most = adviceFor(measured([1], [64], { tooLittleGiB: [64] }));
  expect(most.memoryGiB).toBeUndefined();
  expect(most.reasons.join()).toContain("gives no more");
});

test("where nothing was measured nothing is advised, and it says so", () => {
  expect(adviceFor(measured([], []))).toEqual({ reasons: [expect.stringContaining("nothing was measured")] });
});

test("a spread is by nearest rank", () => {
  expect(spreadOf([undefined, 3, 1, 2, 4])).toEqual({ count: 4, p50: 2, p95: 4, max: 4 });
  expect(spreadOf(Array.from({ length: 100 }, (_, at) => at + 1))).toMatchObject({
    p50: 50,
    p95: 95,
    max: 100,
  });
  expect(spreadOf([undefined])).toBeNull();
});

import { batchPolicySchema } from "@canfar/contract";
import { expect, it } from "vitest";
import { longestDelaySeconds, retryDelaySeconds } from "./retry.ts";

it("waits twice as long each time, ten minutes at most", () => {
  const policy = batchPolicySchema.parse({ retries: 100, retryDelaySeconds: 5 });
  expect([1, 2, 3, 7, 8, 100].map((failed) => retryDelaySeconds(policy, failed))).toEqual([
    5, 10, 20, 320, 600, 600,
  ]);
  expect(longestDelaySeconds(policy)).toBe(600);
  expect(longestDelaySeconds(batchPolicySchema.parse({ retries: 2, retryDelaySeconds: 5 }))).toBe(10);
  expect(longestDelaySeconds(batchPolicySchema.parse({}))).toBe(0);
});

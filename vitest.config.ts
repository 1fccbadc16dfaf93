import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["packages/*/src/**/*.test.ts", "tools/**/*.test.ts", "e2e/**/*.test.ts"],
    // So that nothing hangs for ever; a busy machine may be ten times as slow as a quiet one.
    testTimeout: 180_000,
    hookTimeout: 240_000,
    // A condition that comes true late on a busy machine is no failure; one that never does is.
    expect: { poll: { timeout: 30_000, interval: 20 } },
    pool: "forks",
    maxWorkers: 2,
  },
});

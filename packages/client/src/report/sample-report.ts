/** A report to draw in tests: a Group with a failed, a completed, a running and a waiting Replica. */
import type { GroupReport } from "@canfar/contract";

export function sampleReport(change: Partial<GroupReport> = {}): GroupReport {
  const time = (second: number) => new Date(Date.UTC(2026, 10, 24, 4, 0, second)).toISOString();
  const ran = (seconds: number, share: number) => ({
    ...{ startedAt: time(0), endedAt: time(seconds), wallSeconds: seconds, cpuSeconds: seconds * share * 2 },
    ...{ cpuEfficiency: share, memoryEfficiency: share / 2, peakMemoryGiB: share * 4 },
  });
  const spread = (value: number) => ({ count: 2, p50: value, p95: value, max: value });
  return {
    ...{ id: "d1tsqexh", name: "stars", username: "ada", image: "images.canfar.net/skaha/astroml:latest" },
    ...{ reportedAt: time(40), createdAt: time(0), startedAt: time(0), replicaCount: 4 },
    counts: { pending: 1, running: 1, completed: 1, failed: 1 },
    attempts: { total: 4, repeated: 1 },
    requested: { mode: "fixed", cores: 2, memoryGiB: 8 },
    ...{ elapsedSeconds: 40, cpuSeconds: 50, wallSeconds: 50 },
    ...{ duration: spread(30), cpuEfficiency: spread(0.6), memoryEfficiency: spread(0.3) },
    causes: [
      {
        ...{ pattern: "no <path>", example: "no /arc/a.fits", reason: "Error", exitCode: 2, count: 1 },
        ...{ replicas: "2", files: ["/arc/a.fits"], fileCount: 1 },
      },
    ],
    advice: { cores: 1.2, memoryGiB: 2.55, reasons: ["the largest peak was 2.4 GiB, and 5 % are kept free"] },
    replicas: [
      { index: 1, session: "d1tsqexh", state: "completed", attempts: 1, exitCode: 0, ...ran(30, 0.6) },
      { index: 2, session: "b", state: "failed", attempts: 2, exitCode: 2, ...ran(20, 0.4) },
      { index: 3, session: "c", state: "running", attempts: 1, startedAt: time(25) },
      { index: 4, session: "d", state: "pending", attempts: 0 },
    ],
    ...change,
  };
}

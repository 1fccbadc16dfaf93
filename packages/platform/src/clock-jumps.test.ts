/**
 * The machine's clock is set: nothing that runs is lost, no time is negative, and the queue goes on. For retries see
 * batch-policy.test.ts.
 */
import type { GroupReport } from "@canfar/contract";
import { ManualClock, TestBatch } from "@canfar/testing";
import { afterEach, expect, it } from "vitest";

const DAY = 86_400_000;
let batch: TestBatch;
afterEach(() => batch[Symbol.asyncDispose]());

async function start(): Promise<ManualClock> {
  const clock = new ManualClock();
  batch = await TestBatch.start({ clock, config: { batch: { flexible: 1 } } });
  return clock;
}

it("back by a day: what runs ends with its exit code, in no negative time, and the next one starts", async () => {
  const clock = await start();
  const { group, sessions } = await batch.launch({ replicas: 2 });
  await batch.untilSession(sessions[0], { status: "Running" });
  clock.set(-DAY);
  batch.driver.endForTest(sessions[0] ?? "", { exitCode: 3 });
  await batch.untilSession(sessions[0], { status: "Failed" });
  await batch.untilSession(sessions[1], { status: "Running" });
  batch.driver.endForTest(sessions[1] ?? "", { exitCode: 0 });
  expect(await batch.untilCounts(group, { completed: 1, failed: 1 })).toMatchObject({
    counts: { running: 0 },
  });
  const report = await batch.get<GroupReport>(`/canfar/v1/group/${group}/report`);
  const times = [
    report.elapsedSeconds,
    report.wallSeconds,
    ...report.replicas.map(({ wallSeconds }) => wallSeconds),
  ];
  for (const seconds of times) expect(seconds ?? 0).toBeGreaterThanOrEqual(0);
  expect(report.replicas.map(({ exitCode }) => exitCode)).toEqual([3, 0]);
});

it("forward by a year: what runs has reached the end of its life and says so; what waits starts with its whole life", async () => {
  const clock = await start();
  const { sessions } = await batch.launch({ replicas: 2 });
  await batch.untilSession(sessions[0], { status: "Running" });
  clock.set(365 * DAY);
  clock.advance(60_000);
  await batch.untilSession(sessions[0], { status: "Failed", reason: "DeadlineExceeded" });
  await batch.untilSession(sessions[1], { status: "Running" });
  clock.advance(60_000);
  expect(await batch.session(sessions[1])).toMatchObject({ status: "Running" });
});

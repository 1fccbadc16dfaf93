/** The report of a Group over HTTP: a whole platform over the fake driver. */
import type { GroupReport, LaunchAnswer } from "@canfar/contract";
import { groupReportSchema } from "@canfar/contract";
import { eventually, FakeDriver, ManualClock, startTestPlatform, type TestPlatform } from "@canfar/testing";
import { afterEach, beforeEach, describe, expect, it } from "vitest";

const GIB = 2 ** 30;
let clock: ManualClock;
let driver: FakeDriver;
let platform: TestPlatform;

beforeEach(async () => {
  clock = new ManualClock();
  driver = new FakeDriver({ clock, capacity: { cores: 8, memoryGiB: 64 } });
  platform = await startTestPlatform({ driver, clock, config: { batch: { flexible: 20 } } });
});
afterEach(() => platform[Symbol.asyncDispose]());

async function launch(replicas: number, change: object = {}): Promise<LaunchAnswer> {
  const body = { name: "stars", kind: "headless", image: "skaha/terminal", command: "sleeper", replicas };
  const response = await platform.fetch("/canfar/v1/group", {
    method: "POST",
    body: JSON.stringify({ ...body, ...change }),
  });
  expect(response.status, await response.clone().text()).toBe(200);
  const answer = (await response.json()) as LaunchAnswer;
  await eventually(async () => (await report(answer.group)).counts.running === Math.min(20, replicas));
  return answer;
}

async function report(group: string, as?: string): Promise<GroupReport> {
  const response = await platform.fetch(`/canfar/v1/group/${group}/report`, as === undefined ? {} : { as });
  expect(response.status).toBe(200);
  return groupReportSchema.parse(await response.json());
}

async function endedReport(group: string): Promise<GroupReport> {
  return await eventually(async () => {
    const found = await report(group);
    return found.endedAt !== undefined && found;
  });
}

const usage = (cpuSeconds: number, peakGiB: number) => ({
  usage: { cpuSeconds, memoryBytes: 0, peakMemoryBytes: Math.round(peakGiB * GIB) },
});

describe("the report of a group", () => {
  it("puts failures together by their last words and their ends", async () => {
    const { group, sessions } = await launch(6);
    const [a = "", b = "", c = "", d = "", e = "", f = ""] = sessions;
    for (const [id, file] of [
      [a, "x1.fits"],
      [c, "x2.fits"],
    ] as const) {
      driver.printForTest(id, `cannot read /arc/home/astro/${file}`, "stderr");
      driver.printForTest(id, "bye");
      driver.endForTest(id, { exitCode: 3 });
    }
    driver.printForTest(b, "43 % done");
    driver.endForTest(b, { exitCode: 137, signal: "SIGKILL", outOfMemory: true });
    driver.printForTest(d, "44 % done");
    driver.endForTest(d, { exitCode: 139, signal: "SIGSEGV" });
    driver.endForTest(e, { exitCode: null, cause: "not-started" });
    driver.endForTest(f);
    const { causes, counts } = await endedReport(group);
    expect(counts).toEqual({ pending: 0, running: 0, completed: 1, failed: 5 });
    expect(causes[0]).toEqual({
      ...{ pattern: "cannot read <path>", example: "cannot read /arc/home/astro/x1.fits" },
      ...{ reason: "Error", exitCode: 3, count: 2, replicas: "1,3", fileCount: 2 },
      files: ["/arc/home/astro/x1.fits", "/arc/home/astro/x2.fits"],
    });
    expect(causes.slice(1).map(({ reason, signal, pattern }) => [reason, signal, pattern])).toEqual([
      ["OOMKilled", "SIGKILL", ""],
      ["Error", "SIGSEGV", ""],
      ["NotStarted", undefined, expect.stringContaining("unknown")],
    ]);
  });

  it("tells how well replicas used what they asked for, and what to ask for", async () => {
    const { group, sessions } = await launch(4, { resources: { cores: 2, memoryGiB: 8 } });
    clock.advance(10_000);
    for (const [at, id] of sessions.entries()) driver.endForTest(id, usage(10 + at, 2 + at / 10));
    const found = await endedReport(group);
    expect(found).toMatchObject({
      ...{ elapsedSeconds: 10, wallSeconds: 40, cpuSeconds: 46, attempts: { total: 4, repeated: 0 } },
      requested: { mode: "fixed", cores: 2, memoryGiB: 8 },
      duration: { count: 4, p50: 10, p95: 10, max: 10 },
      cpuEfficiency: { p50: 0.55, max: 0.65 },
      memoryEfficiency: { max: expect.closeTo(2.3 / 8) },
      advice: { cores: 1.3, memoryGiB: 2.45 },
    });
    expect(found.replicas[3]).toMatchObject({
      ...{ index: 4, session: sessions[3], state: "completed", attempts: 1, exitCode: 0 },
      ...{ wallSeconds: 10, cpuSeconds: 13, peakMemoryGiB: expect.closeTo(2.3) },
    });
  });

  it("can be asked for while it goes on", async () => {
    const { group, sessions } = await launch(2);
    driver.endForTest(sessions[0] ?? "", { exitCode: 1 });
    clock.advance(5_000);
    const found = await eventually(async () => {
      const now = await report(group);
      return now.counts.failed === 1 && now;
    });
    expect(found).toMatchObject({ elapsedSeconds: 5, counts: { running: 1 }, causes: [{ replicas: "1" }] });
    expect(found).not.toHaveProperty("endedAt");
    expect(found.replicas.map(({ state }) => state)).toEqual(["failed", "running"]);
  });

  it("of somebody else is not found", async () => {
    const { group } = await launch(1);
    const answer = await platform.fetch(`/canfar/v1/group/${group}/report`, { as: "somebody" });
    expect(answer.status).toBe(404);
    expect(answer.headers.get("x-canfar-code")).toBe("group.not_found");
  });
});

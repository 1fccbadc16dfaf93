/** What happens with Replicas when things go wrong, and when they may start: over HTTP and the fake driver. */
import { TestBatch } from "@canfar/testing";
import { afterEach, beforeEach, describe, expect, it } from "vitest";

let batch: TestBatch;

beforeEach(async () => {
  batch = await TestBatch.start();
});
afterEach(() => batch[Symbol.asyncDispose]());

const fail = { exitCode: 3 };

describe("retries", () => {
  it("wait longer each time, then the end is for good", async () => {
    const { group } = await batch.launch({ policy: { retries: 2, retryDelaySeconds: 4 } });
    await batch.untilSession(group, { status: "Running", attempt: 1 });
    batch.driver.endForTest(group, fail);
    const waiting = await batch.untilSession(group, { status: "Pending", reason: "BackOff" });
    expect(waiting.message).toBe(
      "attempt 1 of 3 failed (Error: exited with code 3); the next one starts at 2026-01-01T00:00:04.000Z",
    );
    batch.clock.advance(3999);
    expect(await batch.session(group)).toMatchObject({ reason: "BackOff" });
    batch.clock.advance(1);
    await batch.untilSession(group, { status: "Running", attempt: 2 });
    batch.driver.endForTest(group, { exitCode: 137, signal: "SIGKILL" });
    await batch.untilSession(group, { reason: "BackOff" });
    batch.clock.advance(7999);
    expect(await batch.session(group)).toMatchObject({ reason: "BackOff" });
    batch.clock.advance(1);
    await batch.untilSession(group, { status: "Running", attempt: 3 });
    batch.driver.endForTest(group, fail);
    expect(await batch.untilSession(group, { status: "Failed" })).toMatchObject({
      reason: "Error",
      attempt: 3,
    });
    batch.clock.advance(3_600_000);
    expect(await batch.group(group)).toMatchObject({ counts: { failed: 1, pending: 0 } });
  });

  it("happen after a time limit, a lost Session and an image that fails as well", async () => {
    const policy = { retries: 1, retryDelaySeconds: 1 };
    const late = await batch.launch({ policy: { ...policy, timeoutSeconds: 30 } });
    await batch.untilSession(late.group, { status: "Running" });
    batch.clock.advance(29_999);
    expect(await batch.session(late.group)).toMatchObject({ status: "Running" });
    batch.clock.advance(1);
    await batch.untilSession(late.group, { reason: "BackOff" });
    batch.clock.advance(1000);
    await batch.untilSession(late.group, { status: "Running", attempt: 2 });

    const lost = await batch.launch({ policy });
    await batch.untilSession(lost.group, { status: "Running" });
    batch.driver.loseForTest(lost.group);
    batch.clock.advance(30_000);
    const waiting = await batch.untilSession(lost.group, { reason: "BackOff" });
    expect(waiting.message).toContain("(Lost: ");

    batch.driver.failNextForTest("launch", new Error("no such layer"));
    const image = await batch.launch({ policy });
    const refused = await batch.untilSession(image.group, { reason: "BackOff" });
    expect(refused.message).toContain("it did not start: no such layer");
  });

  it("do not happen to what somebody ended", async () => {
    const { group, sessions } = await batch.launch({ replicas: 2, policy: { retries: 5 } });
    await batch.untilCounts(group, { running: 2 });
    await batch.platform.fetch(`/skaha/v1/session/${sessions[1]}`, { method: "DELETE" });
    batch.driver.endForTest(sessions[0] ?? "");
    expect(await batch.untilCounts(group, { completed: 1, pending: 0, running: 0 })).toMatchObject({
      endedAt: expect.any(String),
    });
    expect(batch.driver.plansForTest).toHaveLength(1);
  });

  it("get more memory after an attempt ran out of it, up to the largest there is", async () => {
    const policy = { retries: 3, retryDelaySeconds: 1 };
    const { group } = await batch.launch({ resources: { cores: 1, memoryGiB: 5 }, policy });
    for (const memory of [5, 10, 16, 16]) {
      await batch.untilSession(group, { status: "Running" });
      expect((batch.driver.plansForTest.at(-1)?.limits.memoryBytes ?? 0) / 1024 ** 3).toBe(memory);
      batch.driver.endForTest(group, { exitCode: 137, outOfMemory: true });
      await batch.untilCounts(group, { running: 0 });
      batch.clock.advance(10_000);
    }
    await batch.untilSession(group, { status: "Failed", reason: "OOMKilled" });
  });

  it("go on after the server died while nobody saw the end", async () => {
    const { group } = await batch.launch({ policy: { retries: 1, retryDelaySeconds: 5 } });
    await batch.untilSession(group, { status: "Running" });
    batch.driver.muteForTest();
    batch.driver.endForTest(group, fail);
    batch.driver.unmuteForTest();
    batch = await batch.restart();
    await batch.untilSession(group, { reason: "BackOff" });
    batch = await batch.restart();
    await batch.untilSession(group, { reason: "BackOff", attempt: 1 });
    batch.clock.advance(5000);
    await batch.untilSession(group, { status: "Running", attempt: 2 });
    batch = await batch.restart();
    expect(await batch.session(group)).toMatchObject({ status: "Running", attempt: 2 });
    expect(batch.driver.plansForTest).toHaveLength(2);
  });

  it("do not wait for ever when the clock is set back, nor fail when it is set forward", async () => {
    const { group } = await batch.launch({ policy: { retries: 2, retryDelaySeconds: 60 } });
    await batch.untilSession(group, { status: "Running" });
    batch.driver.endForTest(group, fail);
    await batch.untilSession(group, { reason: "BackOff" });
    batch.clock.set(-86_400_000);
    batch.clock.advance(60_000);
    await batch.untilSession(group, { status: "Running", attempt: 2 });
    batch.driver.endForTest(group, fail);
    await batch.untilSession(group, { reason: "BackOff" });
    batch.clock.set(86_400_000 * 365);
    batch.clock.advance(120_000);
    await batch.untilSession(group, { status: "Running", attempt: 3 });
  });
});

describe("the limit of failures", () => {
  it("ends what waits and lets what runs finish", async () => {
    const request = { replicas: 20, policy: { maxFailures: 1, retries: 1, retryDelaySeconds: 1 } };
    const { group, sessions } = await batch.launch(request);
    await batch.untilCounts(group, { running: 8 });
    const [a = "", b = "", c = ""] = sessions;
    for (const id of [a, b]) batch.driver.endForTest(id, fail);
    await batch.untilSession(b, { reason: "BackOff" });
    batch.clock.advance(1000);
    // They went to the front of their group, but others took their places meanwhile.
    for (const id of [c, sessions[3] ?? ""]) batch.driver.endForTest(id);
    await batch.untilSession(a, { status: "Running", attempt: 2 });
    await batch.untilSession(b, { status: "Running", attempt: 2 });
    batch.driver.endForTest(a, fail);
    await batch.untilCounts(group, { failed: 1, running: 8 });
    batch.driver.endForTest(b, fail);
    const stopped = await batch.untilCounts(group, { pending: 0, completed: 2, running: 7, failed: 11 });
    expect(stopped.message).toContain("2 replicas have failed, more than the 1");
    expect(await batch.session(sessions[19])).toMatchObject({ status: "Failed", reason: "MaxFailures" });
    const running = await batch.get<{ id: string }[]>(`/canfar/v1/group/${group}/session?replicas=running`);
    const [last, ...others] = running;
    for (const { id } of others) batch.driver.endForTest(id);
    batch.driver.endForTest(last?.id ?? "", fail);
    await batch.untilCounts(group, { completed: 8, failed: 12, running: 0 });
  });

  it("is counted anew by a rerun", async () => {
    const { group, sessions } = await batch.launch({ replicas: 10, policy: { maxFailures: 0 } });
    await batch.untilCounts(group, { running: 8 });
    for (const id of sessions.slice(0, 8)) batch.driver.endForTest(id, fail);
    await batch.untilCounts(group, { failed: 10 });
    const path = `/canfar/v1/group/${group}/rerun?replicas=9-10`;
    expect((await batch.platform.fetch(path, { method: "POST" })).status).toBe(200);
    expect((await batch.untilCounts(group, { running: 2, failed: 8 })).message).toBeUndefined();
    batch.driver.endForTest(sessions[8] ?? "");
    await batch.untilCounts(group, { running: 1, completed: 1 });
    batch = await batch.restart();
    expect(await batch.group(group)).toMatchObject({ counts: { running: 1 } });
    batch.driver.endForTest(sessions[9] ?? "", fail);
    expect((await batch.untilCounts(group, { failed: 9 })).message).toContain("1 replicas have failed");
  });
});

describe("the limit of those that run", () => {
  it("holds, also over a restart, and another group takes the room", async () => {
    const { group, sessions } = await batch.launch({ replicas: 5, policy: { maxRunning: 2 } });
    const other = await batch.launch({ replicas: 3 });
    await batch.untilCounts(group, { running: 2, pending: 3 });
    await batch.untilCounts(other.group, { running: 3 });
    const waiting = await batch.session(sessions[3]);
    expect(waiting).toMatchObject({ reason: "MaxRunning" });
    expect(waiting.message).toBe("as many of its group run as may (2): 1 of its group before it");
    batch = await batch.restart();
    expect(await batch.group(group)).toMatchObject({ counts: { running: 2, pending: 3 } });
    batch.driver.endForTest(sessions[0] ?? "");
    await batch.untilCounts(group, { completed: 1, running: 2, pending: 2 });
  });
});

describe("a group that waits for another", () => {
  const when = (group: string, condition: string) => ({ policy: { after: [{ group, when: condition }] } });

  it("starts when that has ended as it should, and ends when it cannot any more", async () => {
    const { group, sessions } = await batch.launch({ replicas: 2 });
    const ok = await batch.launch(when(group, "ok"));
    const any = await batch.launch(when(group, "any"));
    const failed = await batch.launch(when(group, "fail"));
    const afterOk = await batch.launch(when(ok.group, "any"));
    await batch.untilCounts(group, { running: 2 });
    expect(await batch.session(ok.group)).toMatchObject({
      reason: "Dependency",
      message: "waiting for stars (ok) to end",
    });
    expect(await batch.group(ok.group)).toMatchObject({ message: "waiting for stars (ok) to end" });
    batch.driver.endForTest(sessions[0] ?? "", fail);
    await batch.untilCounts(group, { failed: 1 });
    expect(await batch.session(failed.group)).toMatchObject({ status: "Pending" });
    batch = await batch.restart();
    batch.driver.endForTest(sessions[1] ?? "");
    await batch.untilSession(any.group, { status: "Running" });
    await batch.untilSession(failed.group, { status: "Running" });
    await batch.untilSession(afterOk.group, { status: "Running" });
    expect(await batch.session(ok.group)).toMatchObject({ status: "Failed", reason: "DependencyFailed" });
    expect(await batch.group(ok.group)).toMatchObject({
      message: "it was to start after stars (ok), but 1 of 2 replicas of stars did not complete",
    });
  });

  it("that has ended already is decided at once", async () => {
    const { group } = await batch.launch({ command: "true" });
    await batch.untilCounts(group, { completed: 1 });
    const ok = await batch.launch(when(group, "ok"));
    await batch.untilSession(ok.group, { status: "Running" });
    const failed = await batch.launch(when(group, "fail"));
    expect(await batch.session(failed.group)).toMatchObject({ status: "Failed", reason: "DependencyFailed" });
  });

  it("goes on after a rerun has mended what failed", async () => {
    const { group } = await batch.launch({});
    await batch.untilSession(group, { status: "Running" });
    const ok = await batch.launch(when(group, "ok"));
    batch.driver.endForTest(group, fail);
    await batch.untilSession(ok.group, { reason: "DependencyFailed" });
    const rerun = (id: string) => batch.platform.fetch(`/canfar/v1/group/${id}/rerun`, { method: "POST" });
    await rerun(group);
    await batch.untilSession(group, { status: "Running", attempt: 2 });
    await rerun(ok.group);
    expect(await batch.session(ok.group)).toMatchObject({ status: "Pending", reason: "Dependency" });
    batch.driver.endForTest(group);
    await batch.untilSession(ok.group, { status: "Running", attempt: 1 });
  });

  it("counts a deleted replica as failed, unless it had completed", async () => {
    const done = await batch.launch({ command: "true" });
    await batch.untilCounts(done.group, { completed: 1 });
    const { group } = await batch.launch({});
    const ok = await batch.launch({ policy: { after: [{ group: done.group }, { group }] } });
    await batch.untilSession(group, { status: "Running" });
    await batch.platform.fetch(`/canfar/v1/group/${done.group}`, { method: "DELETE" });
    expect(await batch.session(ok.group)).toMatchObject({ reason: "Dependency" });
    await batch.platform.fetch(`/canfar/v1/group/${group}`, { method: "DELETE" });
    await batch.untilSession(ok.group, { reason: "DependencyFailed" });
  });

  it("is refused where that is unknown, somebody else's, deleted, or too small", async () => {
    const { group } = await batch.launch({}, "somebody");
    const own = await batch.launch({ replicas: 2 });
    expect((await batch.post(when("nowhere1", "ok"))).status).toBe(404);
    expect((await batch.post(when(group, "ok"))).status).toBe(404);
    expect((await batch.post({ policy: { afterEach: group } })).status).toBe(404);
    const larger = await batch.post({ replicas: 3, policy: { afterEach: own.group } });
    expect(larger.status).toBe(400);
    expect(await larger.text()).toContain("policy.afterEach");
    await batch.platform.fetch(`/canfar/v1/group/${own.group}`, { method: "DELETE" });
    expect((await batch.post(when(own.group, "any"))).status).toBe(404);
  });

  it("replica by replica starts each after its own, and ends those whose own failed", async () => {
    const first = await batch.launch({ replicas: 4 });
    const second = await batch.launch({ replicas: 3, policy: { afterEach: first.group } });
    const third = await batch.launch({ replicas: 3, policy: { afterEach: second.group } });
    await batch.untilCounts(first.group, { running: 4 });
    expect(await batch.session(second.sessions[1])).toMatchObject({
      reason: "DependencyReplica",
      message: "waiting for replica 2 of stars to complete",
    });
    batch.driver.endForTest(first.sessions[1] ?? "");
    await batch.untilSession(second.sessions[1], { status: "Running" });
    batch.driver.endForTest(first.sessions[0] ?? "", fail);
    await batch.untilSession(second.sessions[0], { reason: "DependencyFailed" });
    await batch.untilSession(third.sessions[0], { reason: "DependencyFailed" });
    batch = await batch.restart();
    batch.driver.endForTest(second.sessions[1] ?? "");
    await batch.untilSession(third.sessions[1], { status: "Running" });
    await batch.platform.fetch(`/skaha/v1/session/${first.sessions[2]}`, { method: "DELETE" });
    await batch.untilCounts(second.group, { completed: 1, failed: 2 });
    expect(await batch.group(third.group)).toMatchObject({ counts: { running: 1, failed: 2 } });
  });
});

it.each([
  [{ retries: 1 }, "policy.retries"],
  [{ maxRunning: 1 }, "policy.maxRunning"],
  [{ timeoutSeconds: 60 }, "policy.timeoutSeconds"],
])("refuses %j for a notebook", async (policy, field) => {
  const notebook = { kind: "notebook", image: "skaha/astroml", command: undefined, policy };
  const response = await batch.post(notebook);
  expect(response.status).toBe(400);
  expect(await response.text()).toContain(field);
});

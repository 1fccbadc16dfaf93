/** Replicas that are run again, over HTTP: a whole platform over the fake driver. */
import type { Group, LaunchAnswer } from "@canfar/contract";
import { eventually, FakeDriver, startTestPlatform, type TestPlatform } from "@canfar/testing";
import { afterEach, beforeEach, describe, expect, it } from "vitest";

let driver: FakeDriver;
let platform: TestPlatform;

beforeEach(async () => {
  driver = new FakeDriver();
  platform = await startTestPlatform({ driver, config: { batch: { flexible: 8 } } });
});
afterEach(() => platform[Symbol.asyncDispose]());

async function launch(request: object): Promise<LaunchAnswer> {
  const body = JSON.stringify({
    ...{ name: "stars", kind: "headless", image: "skaha/terminal", command: "sleeper", ...request },
  });
  const response = await platform.fetch("/canfar/v1/group", { method: "POST", body });
  expect(response.status, await response.clone().text()).toBe(200);
  return (await response.json()) as LaunchAnswer;
}

const rerun = (id: string, query = "") =>
  platform.fetch(`/canfar/v1/group/${id}/rerun${query}`, { method: "POST" });

async function untilCounts(id: string, counts: Partial<Group["counts"]>): Promise<Group> {
  return await eventually(async () => {
    const group = (await (await platform.fetch(`/canfar/v1/group/${id}`)).json()) as Group;
    return Object.entries(counts).every(([key, count]) => group.counts[key as "failed"] === count) && group;
  });
}

describe("a rerun", () => {
  it("runs the failed replicas again: the same ids, the next attempt, the earlier log kept", async () => {
    const { group, sessions } = await launch({ replicas: 3 });
    await untilCounts(group, { running: 3 });
    const [first = "", second = "", third = ""] = sessions;
    driver.printForTest(second, "out of cheese");
    driver.endForTest(first);
    driver.endForTest(second, { exitCode: 3 });
    driver.endForTest(third, { exitCode: 4 });
    await untilCounts(group, { completed: 1, failed: 2 });

    const answer = await rerun(group);
    expect(await answer.json()).toEqual([second, third]);
    await untilCounts(group, { completed: 1, running: 2, failed: 0 });
    const session = await platform.fetch(`/skaha/v1/session/${second}`);
    expect(await session.json()).toMatchObject({ attempt: 2, status: "Running" });
    driver.printForTest(second, "all fine");
    driver.endForTest(second);
    driver.endForTest(third);
    const ended = await untilCounts(group, { completed: 3 });
    expect(ended.message).toBeUndefined();
    const log = await (await platform.fetch(`/skaha/v1/session/${second}?view=logs`)).text();
    expect(log).toContain("out of cheese\nall fine\n");
  });

  it("takes a selection, also of completed ones, and answers none where nothing has failed", async () => {
    const { group, sessions } = await launch({ replicas: 2, command: "true" });
    await untilCounts(group, { completed: 2 });
    expect(await (await rerun(group)).json()).toEqual([]);
    expect(await (await rerun(group, "?replicas=2")).json()).toEqual([sessions[1]]);
    await untilCounts(group, { completed: 2 });
  });

  it("of what still runs is refused whole, and of somebody else's not found", async () => {
    const { group, sessions } = await launch({ replicas: 2 });
    await untilCounts(group, { running: 2 });
    driver.endForTest(sessions[0] ?? "", { exitCode: 1 });
    await untilCounts(group, { failed: 1 });
    const refused = await rerun(group, "?replicas=1-2");
    expect(refused.status).toBe(409);
    expect(refused.headers.get("x-canfar-code")).toBe("request.conflict");
    await untilCounts(group, { failed: 1, running: 1 });
    const other = await platform.fetch(`/canfar/v1/group/${group}/rerun`, { method: "POST", as: "somebody" });
    expect(other.status).toBe(404);
  });

  it("of an interactive session is refused", async () => {
    const { group } = await launch({ kind: "notebook", image: "skaha/astroml", command: undefined });
    const refused = await rerun(group);
    expect(refused.status).toBe(400);
    expect(refused.headers.get("x-canfar-code")).toBe("request.unsupported");
  });
});

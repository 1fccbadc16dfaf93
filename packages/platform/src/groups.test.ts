/** Groups over HTTP: launched once, listed, watched, selected from and deleted; a whole platform over the fake driver. */
import type { Group, LaunchAnswer } from "@canfar/contract";
import { eventually, FakeDriver, startTestPlatform, type TestPlatform } from "@canfar/testing";
import { afterEach, beforeEach, describe, expect, it } from "vitest";

let driver: FakeDriver;
let platform: TestPlatform;

beforeEach(async () => {
  driver = new FakeDriver();
  platform = await startTestPlatform({ driver, config: { batch: { flexible: 2 } } });
});
afterEach(() => platform[Symbol.asyncDispose]());

const BATCH = { name: "stars", kind: "headless", image: "skaha/terminal", command: "sleeper" };

async function post(request: object, as?: string): Promise<Response> {
  return await platform.fetch("/canfar/v1/group", {
    method: "POST",
    body: JSON.stringify({ ...BATCH, ...request }),
    headers: { "content-type": "application/json" },
    ...(as === undefined ? {} : { as }),
  });
}

async function launch(request: object): Promise<LaunchAnswer> {
  const response = await post(request);
  expect(response.status, await response.clone().text()).toBe(200);
  return (await response.json()) as LaunchAnswer;
}

async function json<T>(path: string, init: Parameters<TestPlatform["fetch"]>[1] = {}): Promise<T> {
  const response = await platform.fetch(path, init);
  expect(response.status, await response.clone().text()).toBe(200);
  return (await response.json()) as T;
}

const groups = () => json<Group[]>("/canfar/v1/group");
const get = (id: string) => json<Group>(`/canfar/v1/group/${id}`);

async function untilCounts(id: string, counts: Partial<Group["counts"]>): Promise<Group> {
  return await eventually(async () => {
    const group = await get(id);
    return Object.entries(counts).every(([key, count]) => group.counts[key as "failed"] === count) && group;
  });
}

describe("a launch", () => {
  it("makes one group of as many sessions, seen one by one as well", async () => {
    const { group, sessions } = await launch({ replicas: 3 });
    expect(sessions).toHaveLength(3);
    expect(sessions).not.toContain(group);
    expect(await untilCounts(group, { running: 2 })).toMatchObject({
      ...{ id: group, name: "stars", replicaCount: 3, counts: { pending: 1, completed: 0, failed: 0 } },
    });
    const listed = await json<{ id: string; name: string }[]>("/skaha/v1/session");
    expect(listed.map(({ name }) => name)).toEqual(["stars-1", "stars-2", "stars-3"]);
  });

  it("that comes again with its id is the same one; with another content it is refused", async () => {
    const first = await launch({ replicas: 2, requestId: "r1" });
    expect(await launch({ replicas: 2, requestId: "r1" })).toEqual(first);
    expect(await groups()).toHaveLength(1);
    const other = await post({ replicas: 3, requestId: "r1" });
    expect(other.status).toBe(409);
    expect(other.headers.get("x-canfar-code")).toBe("request.conflict");
    expect((await post({ replicas: 2, requestId: "r1" }, "somebody")).status).toBe(200);
  });

  it("that comes twice at the same time is made once", async () => {
    const answers = await Promise.all(
      Array.from({ length: 5 }, () => launch({ replicas: 20, requestId: "at-once" })),
    );
    expect(new Set(answers.map(({ group }) => group)).size).toBe(1);
    expect(await json<unknown[]>("/skaha/v1/session")).toHaveLength(20);
  });

  it.each([
    [{ replicas: 0 }, "replicas"],
    [{ policy: { retries: -1 } }, "policy.retries"],
    [{ items: { list: [] } }, "items.list"],
    [{ items: { list: ["a"], split: "weight" } }, "items.weights"],
    [{ policy: { notify: [{ target: "nowhere" }] } }, "policy.notify.0.target"],
  ])("of %j is refused, naming the field", async (request, field) => {
    const response = await post(request);
    expect(response.status).toBe(400);
    expect(await response.text()).toContain(field);
  });

  it("of something that is no JSON is refused", async () => {
    const response = await platform.fetch("/canfar/v1/group", { method: "POST", body: "{" });
    expect(response.status).toBe(400);
    expect(await response.text()).toContain("no JSON document");
  });
});

describe("replicas that an old client sends one by one", () => {
  async function send(index: number, count: number, change: Record<string, string> = {}): Promise<string> {
    const body = new URLSearchParams({
      name: `old-${index}`,
      image: "skaha/terminal",
      cmd: "sleeper",
      ...change,
    });
    body.append("env", `REPLICA_ID=${index}`);
    body.append("env", `REPLICA_COUNT=${count}`);
    const response = await platform.fetch("/skaha/v1/session", { method: "POST", body });
    expect(response.status).toBe(200);
    return (await response.text()).trim();
  }

  it("are shown as one group, whatever their order", async () => {
    const ids = [await send(2, 3), await send(3, 3), await send(1, 3)];
    const [group, ...more] = await groups();
    expect(more).toEqual([]);
    expect(group).toMatchObject({ name: "old", replicaCount: 3 });
    const replicas = await json<{ id: string; replicaIndex: number }[]>(
      `/canfar/v1/group/${group?.id}/session`,
    );
    expect(replicas.map(({ id, replicaIndex }) => [id, replicaIndex])).toEqual([
      [ids[2], 1],
      [ids[0], 2],
      [ids[1], 3],
    ]);
  });

  it("of a second launch, or of another command, are another group", async () => {
    await send(1, 2);
    await send(1, 2);
    await send(2, 2, { args: "other" });
    expect(await groups()).toHaveLength(3);
  });
});

describe("a group", () => {
  it("tells each change to those who watch, until it has ended", async () => {
    const { group, sessions } = await launch({ replicas: 2 });
    await untilCounts(group, { running: 2 });
    const response = await platform.fetch(`/canfar/v1/group/${group}?watch=true`);
    expect(response.headers.get("content-type")).toBe("application/jsonl");
    const text = response.text();
    for (const [at, id] of sessions.entries()) driver.endForTest(id, { exitCode: at });
    const seen = (await text)
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line) as Group);
    expect(seen.at(0)?.counts).toEqual({ pending: 0, running: 2, completed: 0, failed: 0 });
    expect(seen.at(-1)?.counts).toEqual({ pending: 0, running: 0, completed: 1, failed: 1 });
    expect(seen.at(-1)?.endedAt).toBeDefined();
  });

  it("gives the replicas that are asked for, by number or state", async () => {
    const { group, sessions } = await launch({ replicas: 4 });
    await untilCounts(group, { running: 2 });
    driver.endForTest(sessions[0] ?? "", { exitCode: 3 });
    await untilCounts(group, { failed: 1, running: 2 });
    const of = async (replicas: string) =>
      (await json<{ replicaIndex: number }[]>(`/canfar/v1/group/${group}/session?replicas=${replicas}`)).map(
        ({ replicaIndex }) => replicaIndex,
      );
    expect(await of("failed")).toEqual([1]);
    expect(await of("2-3")).toEqual([2, 3]);
    expect(await of("pending,1")).toEqual([1, 4]);
    expect((await platform.fetch(`/canfar/v1/group/${group}/session?replicas=some`)).status).toBe(400);
  });

  it("is deleted in parts or whole, waiting replicas included", async () => {
    const { group, sessions } = await launch({ replicas: 4 });
    await untilCounts(group, { running: 2, pending: 2 });
    const path = `/canfar/v1/group/${group}`;
    expect(await json(`${path}?replicas=pending`, { method: "DELETE" })).toEqual(sessions.slice(2));
    expect((await get(group)).counts).toMatchObject({ pending: 0, running: 2 });
    expect(await json(path, { method: "DELETE" })).toEqual(sessions.slice(0, 2));
    expect((await platform.fetch(path)).status).toBe(404);
    expect(await json("/skaha/v1/session")).toEqual([]);
  });

  it("of somebody else is not found", async () => {
    const { group } = await launch({ replicas: 2 });
    for (const path of [`/canfar/v1/group/${group}`, `/canfar/v1/group/${group}/session`]) {
      expect((await platform.fetch(path, { as: "somebody" })).status).toBe(404);
    }
    const answer = await platform.fetch(`/canfar/v1/group/${group}`, { method: "DELETE", as: "somebody" });
    expect(answer.status).toBe(404);
    expect(await json<unknown[]>("/canfar/v1/group", { as: "somebody" })).toEqual([]);
  });

  it("of one session holds that session", async () => {
    const { group } = await launch({});
    expect((await groups())[0]).toMatchObject({
      id: group,
      session: { id: group, name: "stars", type: "headless" },
    });
  });
});

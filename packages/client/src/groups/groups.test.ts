import { CanfarError, formatReplicaSelection } from "@canfar/contract";
import { eventually, FakeDriver, startTestPlatform, type TestPlatform } from "@canfar/testing";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type Client, openClient } from "../client.ts";

const IMAGE = "skaha/terminal:latest";
let platform: TestPlatform;
let driver: FakeDriver;
let client: Client;

beforeEach(async () => {
  driver = new FakeDriver();
  platform = await startTestPlatform({ driver, config: { batch: { flexible: 100 } } });
  const token = await platform.token();
  client = await openClient({ url: `${platform.url}/skaha/v1`, token, environment: {} });
});
afterEach(async () => {
  await platform[Symbol.asyncDispose]();
});

/** Id of the Group that was launched last. */
let launched = "";

async function launch(name: string, replicas: number, command = "sleep", args = ["600"]): Promise<string[]> {
  const request = { name, kind: "headless", image: IMAGE, command, args, replicas } as const;
  const { group, sessions: ids } = await client.groups.launch({ ...request, args: [...args] });
  launched = group;
  await eventually(async () => {
    const { counts } = await client.groups.get(group);
    return counts.pending === 0 && (command === "sleep" || counts.running === 0);
  });
  return ids;
}

/** What a word means, as text: the Group's id and the Replicas. */
async function meaning(word: string): Promise<string> {
  const { group, replicas } = await client.groups.resolve(word);
  return `${group.id}[${formatReplicaSelection(replicas)}]`;
}

describe("a word means", () => {
  test("a Group by its id, its name, @last, or the beginning of its id", async () => {
    await launch("stars", 4);
    const id = launched;
    for (const word of [id, "stars", "Stars", "@last", id.slice(0, 5)])
      expect(await meaning(word), word).toBe(`${id}[]`);
    expect(await meaning("stars[2-3,failed]")).toBe(`${id}[2-3,failed]`);
    expect(await meaning(`${id}[1]`)).toBe(`${id}[1]`);
  });

  test("a Replica by its id, the beginning of it, or its name", async () => {
    const [first = "", second = ""] = await launch("stars", 4);
    expect(await meaning(first)).toBe(`${launched}[1]`);
    for (const word of [second, second.slice(0, 6), "stars-2"])
      expect(await meaning(word), word).toBe(`${launched}[2]`);
    await expect(meaning("stars-2[failed]")).rejects.toMatchObject({ code: "request.invalid" });
    await expect(meaning("stars-5")).rejects.toMatchObject({ code: "session.not_found" });
  });

  test("a single Session, which is a Group of one", async () => {
    const [id = ""] = await launch("lonely-7", 1);
    for (const word of [id, "lonely-7"]) expect(await meaning(word)).toBe(`${id}[]`);
  });

  test("a name of eight letters", async () => {
    await launch("galaxies", 2);
    expect(await meaning("galaxies")).toBe(`${launched}[]`);
  });

  test("of several Groups with one name the only one that is active", async () => {
    await launch("stars", 2, "true", []);
    const ended = launched;
    await launch("stars", 2, "true", []);
    const other = launched;
    await expect(meaning("stars")).rejects.toMatchObject({
      code: "session.ambiguous",
      message: expect.stringMatching(new RegExp(`${ended}.*${other}`)),
    });
    await launch("stars", 3);
    expect(await meaning("stars")).toBe(`${launched}[]`);
    expect(await meaning("stars-3")).toBe(`${launched}[3]`);
  });

  test("nothing, and then the nearest name is told", async () => {
    await launch("galaxy-batch", 2);
    await expect(meaning("galxy-batch")).rejects.toMatchObject({
      code: "session.not_found",
      message: expect.stringContaining("did you mean 'galaxy-batch'?"),
    });
    await expect(meaning("something-else")).rejects.toMatchObject({
      message: expect.not.stringContaining("did you mean"),
    });
  });
});

describe("several words", () => {
  async function meanings(...words: string[]): Promise<string[]> {
    const { selected, failures } = await client.groups.resolveEach(words);
    return [
      ...selected.map(({ group, replicas }) => `${group.name}[${formatReplicaSelection(replicas)}]`),
      ...failures.map(({ code }) => code),
    ];
  }

  test("of one Group are put together, and what means nothing stops nothing", async () => {
    await launch("stars", 9);
    await launch("moons", 2);
    expect(await meanings("stars[1-3]", "moons", "stars-4", "nowhere", "stars[failed]")).toEqual([
      "stars[1-4,failed]",
      "moons[]",
      "session.not_found",
    ]);
    expect(await meanings("stars[2]", "stars")).toEqual(["stars[]"]);
  });

  test("that name Replicas by their ids never reach the others of the Group", async () => {
    const [first = "", second = "", third = ""] = await launch("stars", 4);
    expect(await meanings(first, third)).toEqual(["stars[1,3]"]);
    expect(await meanings(second, first)).toEqual(["stars[1-2]"]);
    expect(await meanings(first)).toEqual(["stars[1]"]);
    expect(await meanings(launched)).toEqual(["stars[]"]);
    expect(await meanings(launched, third)).toEqual(["stars[]"]);
  });
});

describe("a Group", () => {
  test("is listed, and gives the Replicas that are asked for", async () => {
    const ids = await launch("stars", 3);
    driver.endForTest(ids[1] ?? "", { exitCode: 2 });
    await eventually(async () => (await client.groups.get(launched)).counts.failed === 1);
    const [group] = await client.groups.list();
    expect(group).toMatchObject({ name: "stars", counts: { running: 2, failed: 1 } });
    const { replicas } = await client.groups.resolve("stars[failed]");
    const failed = await client.groups.replicas(group?.id ?? "", replicas);
    expect(failed.map(({ id, exitCode }) => [id, exitCode])).toEqual([[ids[1], 2]]);
  });

  test("with a selection that is too long for one address gives all of it", async () => {
    const { group } = await client.groups.launch({
      ...{ name: "many", kind: "headless", image: IMAGE, command: "sleep", args: ["600"], replicas: 4000 },
    });
    const odd = Array.from({ length: 2000 }, (_, index) => ({
      from: 2 * index + 1,
      to: 2 * index + 1,
      step: 1,
    }));
    const sessions = await client.groups.replicas(group, { ranges: odd, states: [] });
    expect(sessions.map(({ replicaIndex }) => replicaIndex)).toEqual(odd.map(({ from }) => from));
    expect(await client.groups.delete(group, { ranges: odd, states: [] })).toHaveLength(2000);
    const { counts } = await client.groups.get(group);
    expect(counts.pending + counts.running).toBe(2000);
  });

  test("is watched until it has ended", async () => {
    const [first = "", second = ""] = await launch("stars", 2);
    const seen: string[] = [];
    for await (const { counts } of client.groups.watch(launched)) {
      const state = `${counts.running} running, ${counts.completed} completed, ${counts.failed} failed`;
      if (state === seen.at(-1)) continue;
      seen.push(state);
      if (counts.running === 2) driver.endForTest(first, { exitCode: 0 });
      else if (counts.running === 1) driver.endForTest(second, { exitCode: 1 });
    }
    expect(seen).toEqual([
      "2 running, 0 completed, 0 failed",
      "1 running, 1 completed, 0 failed",
      "0 running, 1 completed, 1 failed",
    ]);
  });

  test("runs its failed Replicas again, or those that are asked for", async () => {
    const ids = await launch("stars", 3);
    const group = launched;
    const endAll = async () => {
      for (const [at, id] of ids.entries()) driver.endForTest(id, { exitCode: at % 2 });
      await eventually(async () => (await client.groups.get(group)).counts.running === 0);
    };
    await endAll();
    expect(await client.groups.rerun(group)).toEqual([ids[1]]);
    await eventually(async () => (await client.groups.get(group)).counts.running === 1);
    driver.endForTest(ids[1] ?? "", { exitCode: 0 });
    await eventually(async () => (await client.groups.get(group)).counts.completed === 3);
    expect(await client.groups.rerun(group, { ranges: [], states: [] })).toEqual(ids);
  });

  test("that is deleted while it is watched is an error", async () => {
    await launch("stars", 2);
    const id = launched;
    const watching = async () => {
      for await (const _ of client.groups.watch(id)) await client.groups.delete(id);
    };
    await expect(watching()).rejects.toMatchObject({ code: "group.not_found" });
    await expect(client.groups.get(id)).rejects.toBeInstanceOf(CanfarError);
  });
});

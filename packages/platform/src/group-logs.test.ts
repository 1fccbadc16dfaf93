/** Logs of Groups over HTTP: selected, filtered, followed, taken up again; and how long logs are kept. */
import type { GroupLogEntry, LaunchAnswer } from "@canfar/contract";
import {
  eventually,
  FakeDriver,
  ManualClock,
  startTestPlatform,
  TestBatch,
  type TestPlatform,
} from "@canfar/testing";
import { afterEach, beforeEach, describe, expect, it } from "vitest";

let driver: FakeDriver;
let platform: TestPlatform;

async function start(options: { clock?: ManualClock; slots?: number } = {}): Promise<void> {
  const { clock, slots = 8 } = options;
  driver = new FakeDriver(clock === undefined ? {} : { clock });
  const config = { batch: { flexible: slots }, logs: { retentionDays: 10 } };
  platform = await startTestPlatform({ driver, config, ...(clock === undefined ? {} : { clock }) });
}

beforeEach(() => start());
afterEach(() => platform[Symbol.asyncDispose]());

async function launch(request: object = {}): Promise<LaunchAnswer & { ids: readonly string[] }> {
  const body = { name: "stars", kind: "headless", image: "skaha/terminal", command: "sleeper", ...request };
  const response = await platform.fetch("/canfar/v1/group", {
    method: "POST",
    body: JSON.stringify(body),
    headers: { "content-type": "application/json" },
  });
  expect(response.status, await response.clone().text()).toBe(200);
  const answer = (await response.json()) as LaunchAnswer;
  return { ...answer, ids: answer.sessions };
}

async function phase(id: string, status: string): Promise<void> {
  await eventually(async () =>
    (await (await platform.fetch(`/skaha/v1/session/${id}`)).text()).includes(`"${status}"`),
  );
}

/** A Group of which every Replica runs. */
async function running(replicas: number): Promise<{ group: string; ids: readonly string[] }> {
  const { group, ids } = await launch({ replicas });
  for (const id of ids) await phase(id, "Running");
  return { group, ids };
}

async function ask(group: string, query: string, init: RequestInit = {}): Promise<Response> {
  return await platform.fetch(`/canfar/v1/group/${group}/logs?${query}`, init);
}

async function text(group: string, query = ""): Promise<string> {
  const response = await ask(group, query);
  expect(response.status, await response.clone().text()).toBe(200);
  return await response.text();
}

type Line = Extract<GroupLogEntry, { text: string }>;

/** Follows as a client does; `entries` grows as they come. */
function follow(group: string, query = ""): { entries: GroupLogEntry[]; done: Promise<void>; leave(): void } {
  const abort = new AbortController();
  const entries: GroupLogEntry[] = [];
  const headers = { accept: "application/jsonl" };
  const read = async () => {
    const response = await ask(group, `follow=true&${query}`, { headers, signal: abort.signal });
    let open = "";
    for await (const piece of response.body?.pipeThrough(new TextDecoderStream()) ?? []) {
      const lines = (open + piece).split("\n");
      open = lines.pop() ?? "";
      entries.push(...lines.map((line) => JSON.parse(line) as GroupLogEntry));
    }
  };
  return { entries, done: read(), leave: () => abort.abort() };
}

const textsOf = (entries: readonly GroupLogEntry[]) =>
  entries.filter((entry): entry is Line => "text" in entry).map((entry) => entry.text);

describe("the logs of a group", () => {
  it("are one text, with the replicas' names and the times where they are asked for", async () => {
    const { group, ids } = await running(2);
    for (const [at, id] of ids.entries()) driver.printForTest(id, `from ${at + 1}`);
    driver.printForTest(ids[0] ?? "", "bad", "stderr");
    expect(await text(group)).toBe("from 1\nfrom 2\nbad\n");
    expect(await text(group, "prefix=true")).toBe("stars-1 | from 1\nstars-2 | from 2\nstars-1 | bad\n");
    expect(await text(group, "prefix=true&timestamps=true&tail=1&replicas=2")).toMatch(
      /^stars-2 \| \d{4}-\d\d-\d\dT[\d:.]+Z from 2\n$/,
    );
    expect(await text(group, "since=2999-01-01T00:00:00Z")).toBe("");
  });

  it("are JSON, one object a line, for programs", async () => {
    const { group, ids } = await running(1);
    driver.printForTest(ids[0] ?? "", "a b");
    const response = await ask(group, "", { headers: { accept: "application/jsonl" } });
    expect(response.headers.get("content-type")).toBe("application/jsonl");
    const entries = (await response.text())
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line) as unknown);
    const line = {
      time: expect.stringMatching(/^\d{4}-/),
      ...{ session: ids[0], replica: 1, attempt: 1, stream: "stdout", text: "a b" },
      cursor: expect.any(String),
    };
    expect(entries).toEqual([line, { end: true }]);
  });

  it("are of the selected replicas only: by index and by state", async () => {
    const { group, ids } = await running(4);
    for (const [at, id] of ids.entries()) driver.printForTest(id, String(at + 1));
    driver.endForTest(ids[1] ?? "", { exitCode: 3 });
    driver.endForTest(ids[2] ?? "");
    await phase(ids[1] ?? "", "Failed");
    await phase(ids[2] ?? "", "Completed");
    expect(await text(group, "replicas=1-2,4")).toBe("1\n2\n4\n");
    expect(await text(group, "replicas=failed")).toBe("2\n");
    expect(await text(group, "replicas=completed,1")).toBe("1\n3\n");
    expect(await text(group, "replicas=running")).toBe("1\n4\n");
    expect(await text(group, "replicas=pending")).toBe("");
    expect(await text(group, "replicas=99")).toBe("");
  });

  it("can be searched, by expressions that cannot stop the server", async () => {
    const { group, ids } = await running(1);
    const [id = ""] = ids;
    for (const line of ["ok 1", "Error: no flux", "error: 42", `${"a".repeat(30_000)}!`]) {
      driver.printForTest(id, line);
    }
    expect(await text(group, "grep=Error")).toBe("Error: no flux\n");
    expect(await text(group, `grep=${encodeURIComponent("(?i)^error: \\w")}`)).toBe(
      "Error: no flux\nerror: 42\n",
    );
    expect(await text(group, `grep=${encodeURIComponent("(a+)+$")}`)).toBe("");
    expect(await text(group, "grep=.&tail=1")).toHaveLength(30_002);
  });

  it.each([
    `grep=${encodeURIComponent("(")}`,
    `grep=${encodeURIComponent("(?=a)")}`,
    `grep=${encodeURIComponent("(a)\\1")}`,
    `grep=${encodeURIComponent("(((a{99}){99}){99})")}`,
    `grep=${"x|".repeat(600)}`,
    "cursor=nonsense",
    `cursor=${Buffer.from(JSON.stringify({ at: "../../x" })).toString("base64url")}`,
    "replicas=0",
    "tail=-1",
    "since=yesterday",
    "follow=maybe",
    "prefix=perhaps",
  ])("are refused with %s", async (query) => {
    const { group } = await running(1);
    const response = await ask(group, query);
    expect(response.status).toBe(400);
    expect(response.headers.get("x-canfar-code")).toBe("request.invalid");
  });

  it("are nobody else's", async () => {
    const { group } = await running(1);
    const response = await platform.fetch(`/canfar/v1/group/${group}/logs`, { as: "somebody" });
    expect(response.status).toBe(404);
    expect((await ask("zzzzzzzz", "")).headers.get("x-canfar-code")).toBe("group.not_found");
  });
});

describe("following a group", () => {
  it("tells what comes, of replicas that start later too, until all have ended", async () => {
    await platform[Symbol.asyncDispose]();
    await start({ slots: 1 });
    const { group, ids } = await launch({ replicas: 2 });
    const [first = "", second = ""] = ids;
    const { entries, done } = follow(group);
    await phase(first, "Running");
    driver.printForTest(first, "one");
    await expect.poll(() => textsOf(entries)).toEqual(["one"]);
    driver.endForTest(first);
    await phase(second, "Running");
    driver.printForTest(second, "two");
    driver.endForTest(second, { exitCode: 1 });
    await done;
    expect(textsOf(entries)).toEqual(["one", "two"]);
    expect(entries.at(-1)).toEqual({ end: true });
  });

  it("goes on with the next attempt of a replica that is run again meanwhile", async () => {
    const { group, ids } = await running(2);
    const [first = "", second = ""] = ids;
    const { entries, done } = follow(group);
    driver.printForTest(first, "try 1");
    driver.endForTest(first, { exitCode: 1 });
    await phase(first, "Failed");
    await platform.fetch(`/canfar/v1/group/${group}/rerun`, { method: "POST" });
    await phase(first, "Running");
    driver.printForTest(first, "try 2");
    driver.endForTest(first);
    driver.endForTest(second);
    await done;
    expect(entries.slice(0, -1)).toMatchObject([
      { text: "try 1", attempt: 1, replica: 1 },
      { text: "try 2", attempt: 2, replica: 1 },
    ]);
  });

  it.each(["group", "session"] as const)(
    "goes on through the retries of a %s, each an attempt of its own",
    async (of) => {
      await using batch = await TestBatch.start();
      const { group } = await batch.launch({ policy: { retries: 1, retryDelaySeconds: 5 } });
      await batch.untilSession(group, { status: "Running", attempt: 1 });
      const path = {
        group: `/canfar/v1/group/${group}/logs?follow=true`,
        session: `/skaha/v1/session/${group}?view=logs&follow=true`,
      };
      const reading = batch.platform.fetch(path[of]).then((response) => response.text());
      batch.driver.printForTest(group, "first");
      batch.driver.endForTest(group, { exitCode: 1 });
      await batch.untilSession(group, { reason: "BackOff" });
      batch.clock.advance(5000);
      await batch.untilSession(group, { status: "Running", attempt: 2 });
      batch.driver.printForTest(group, "second");
      batch.driver.endForTest(group);
      await batch.untilSession(group, { status: "Completed" });
      let text: string | null = null;
      void reading.then((whole) => {
        text = whole;
      });
      await eventually(() => {
        batch.clock.advance(100); // Whether a Group has ended is not asked all the time.
        return text !== null;
      });
      expect(text).toBe("first\nsecond\n");
    },
  );

  it("ends when the selected replicas have, whatever the others do", async () => {
    const { group, ids } = await running(3);
    const { entries, done } = follow(group, "replicas=1-2");
    driver.printForTest(ids[2] ?? "", "not asked for");
    driver.printForTest(ids[1] ?? "", "asked for");
    driver.endForTest(ids[0] ?? "");
    driver.endForTest(ids[1] ?? "");
    await done;
    expect(textsOf(entries)).toEqual(["asked for"]);
  });

  it("by an end state gives each replica when it has ended so, once, and again after a rerun", async () => {
    const { group, ids } = await running(3);
    const [first = "", second = "", third = ""] = ids;
    for (const [at, id] of ids.entries()) {
      driver.printForTest(id, `early ${at + 1}`);
      driver.printForTest(id, `late ${at + 1}`);
    }
    driver.endForTest(first, { exitCode: 1 });
    await phase(first, "Failed");
    const { entries, done } = follow(group, "replicas=failed&tail=1");
    await expect.poll(() => textsOf(entries)).toEqual(["late 1"]);
    driver.endForTest(second);
    await platform.fetch(`/canfar/v1/group/${group}/rerun`, { method: "POST" });
    await phase(first, "Running");
    driver.printForTest(first, "again");
    driver.endForTest(first, { exitCode: 2 });
    await phase(first, "Failed");
    driver.endForTest(third, { exitCode: 2 });
    await done;
    expect(textsOf(entries).toSorted()).toEqual(["again", "late 1", "late 3"]);
    expect(entries.at(-1)).toEqual({ end: true });
  });

  it("goes on behind a cursor with nothing lost or repeated, with the replicas that were meant at first", async () => {
    const { group, ids } = await running(2);
    const [first = "", second = ""] = ids;
    const before = follow(group, "replicas=running&tail=5");
    driver.printForTest(first, "a");
    driver.printForTest(second, "b");
    await expect.poll(() => textsOf(before.entries)).toEqual(["a", "b"]);
    const cursor = before.entries.flatMap((entry) => ("cursor" in entry ? [entry.cursor] : [])).at(-1);
    before.leave();
    await expect(before.done).rejects.toThrow();
    driver.printForTest(first, "c");
    driver.endForTest(first);
    await phase(first, "Completed");
    const after = follow(group, `replicas=running&tail=5&cursor=${cursor}`);
    driver.printForTest(second, "d");
    driver.endForTest(second);
    await after.done;
    expect(textsOf(after.entries)).toEqual(["c", "d"]);
  });

  it("by an end state goes on behind a cursor too", async () => {
    const { group, ids } = await running(3);
    const [first = "", second = "", third = ""] = ids;
    for (const [at, id] of ids.entries()) driver.printForTest(id, `of ${at + 1}`);
    driver.endForTest(first, { exitCode: 1 });
    await phase(first, "Failed");
    const before = follow(group, "replicas=failed");
    await expect.poll(() => textsOf(before.entries)).toEqual(["of 1"]);
    before.leave();
    await expect(before.done).rejects.toThrow();
    const [entry] = before.entries;
    driver.endForTest(second, { exitCode: 1 });
    await phase(second, "Failed");
    const after = follow(group, `replicas=failed&cursor=${(entry as Line).cursor}`);
    await expect.poll(() => textsOf(after.entries)).toEqual(["of 2"]);
    driver.endForTest(third);
    await after.done;
    expect(textsOf(after.entries)).toEqual(["of 2"]);
  });

  it("has no end where the platform stops: the reader knows that it may come back", async () => {
    const { group, ids } = await running(1);
    const { entries, done } = follow(group);
    driver.printForTest(ids[0] ?? "", "a");
    await expect.poll(() => textsOf(entries)).toEqual(["a"]);
    await platform.stop();
    await done;
    expect(entries).toHaveLength(1);
  });
});

describe("logs are kept", () => {
  const DAY_MS = 86_400_000;
  let clock: ManualClock;

  beforeEach(async () => {
    await platform[Symbol.asyncDispose]();
    clock = new ManualClock();
    await start({ clock });
  });

  const sessionLog = async (id: string) => await platform.fetch(`/skaha/v1/session/${id}?view=logs`);
  const ended = async () => {
    const { group, ids } = await running(2);
    for (const id of ids) {
      driver.printForTest(id, `of ${id}`);
      driver.endForTest(id);
    }
    for (const id of ids) await phase(id, "Completed");
    return { group, ids };
  };
  /** Time goes by in steps, so that whatever works each hour has its turn. */
  const pass = async (days: number) => {
    for (let hour = 0; hour < days * 24; hour += 1) {
      clock.advance(DAY_MS / 24);
      await new Promise((resolve) => setImmediate(resolve));
    }
  };

  it("after a session was deleted, for who knows its id, and for its group", async () => {
    const { group, ids } = await ended();
    for (const id of ids) await platform.fetch(`/skaha/v1/session/${id}`, { method: "DELETE" });
    const [id = ""] = ids;
    expect((await platform.fetch(`/skaha/v1/session/${id}`)).status).toBe(404);
    expect(await (await sessionLog(id)).text()).toBe(`of ${id}\n`);
    expect((await platform.fetch(`/skaha/v1/session/${id}?view=logs`, { as: "somebody" })).status).toBe(404);
    expect((await text(group)).split("\n")).toHaveLength(3);
  });

  it("for the configured days after the last session has ended, then removed and said to be so", async () => {
    const { group, ids } = await ended();
    await pass(9);
    expect(await (await sessionLog(ids[0] ?? "")).text()).not.toBe("");
    await pass(2);
    await expect.poll(async () => (await sessionLog(ids[0] ?? "")).status).toBe(410);
    const gone = await ask(group, "");
    expect(gone.headers.get("x-canfar-code")).toBe("session.logs_removed");
    expect((await platform.fetch(`/skaha/v1/session/${ids[0]}`)).status).toBe(200);
    await platform.fetch(`/skaha/v1/session/${ids[0]}`, { method: "DELETE" });
    expect((await sessionLog(ids[0] ?? "")).status).toBe(404);
    expect(await Array.fromAsync(driver.readGroupLog(group, { followUntil: null }))).toEqual([]);
  });

  it("as long as one of the group runs, and counted from the delete where that comes later", async () => {
    const { ids } = await running(2);
    const [first = "", second = ""] = ids;
    driver.printForTest(first, "first");
    driver.endForTest(first);
    await phase(first, "Completed");
    await pass(11);
    expect(await (await sessionLog(first)).text()).toBe("first\n");
    driver.endForTest(second);
    await phase(second, "Completed");
    await pass(6);
    await platform.fetch(`/skaha/v1/session/${second}`, { method: "DELETE" });
    await pass(6);
    expect(await (await sessionLog(first)).text()).toBe("first\n");
    await pass(6);
    await expect.poll(async () => (await sessionLog(first)).status).toBe(410);
  });

  it("again of a replica that is run again later", async () => {
    const { group, ids } = await running(1);
    const [id = ""] = ids;
    driver.endForTest(id, { exitCode: 1 });
    await phase(id, "Failed");
    await pass(11);
    await expect.poll(async () => (await sessionLog(id)).status).toBe(410);
    await platform.fetch(`/canfar/v1/group/${group}/rerun`, { method: "POST" });
    await phase(id, "Running");
    driver.printForTest(id, "again");
    expect(await (await sessionLog(id)).text()).toBe("again\n");
    expect(await text(group)).toBe("again\n");
  });
});

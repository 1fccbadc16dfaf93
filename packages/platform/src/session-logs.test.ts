/** Logs over HTTP: streaming, following and leaving. */
import { eventually, FakeDriver, startTestPlatform, type TestPlatform } from "@canfar/testing";
import { afterEach, beforeEach, describe, expect, it } from "vitest";

const SESSION = "/skaha/v1/session";

let driver: FakeDriver;
let platform: TestPlatform;

beforeEach(async () => {
  driver = new FakeDriver();
  platform = await startTestPlatform({ driver, config: { batch: { flexible: 1 } } });
});
afterEach(async () => {
  await platform[Symbol.asyncDispose]();
});

async function create(cmd = "sleeper"): Promise<string> {
  const body = new URLSearchParams({ name: "a", image: "skaha/terminal", cmd });
  return (await (await platform.fetch(SESSION, { method: "POST", body })).text()).trim();
}

async function running(id: string): Promise<void> {
  await eventually(async () =>
    (await (await platform.fetch(`${SESSION}/${id}`)).text()).includes('"Running"'),
  );
}

async function log(id: string, query = ""): Promise<string> {
  return await (await platform.fetch(`${SESSION}/${id}?view=logs${query}`)).text();
}

async function follow(id: string): Promise<{ next: () => Promise<string | null>; leave: () => void }> {
  const abort = new AbortController();
  const response = await platform.fetch(`${SESSION}/${id}?view=logs&follow=true`, { signal: abort.signal });
  const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
  return {
    next: async () => (await reader?.read())?.value ?? null,
    leave: () => abort.abort(),
  };
}

describe("view=logs", () => {
  it("gives what there is, the last lines, and times where they are asked for", async () => {
    const id = await create();
    await running(id);
    for (const text of ["one", "two", "three"]) driver.printForTest(id, text);
    expect(await log(id)).toBe("one\ntwo\nthree\n");
    expect(await log(id, "&tail=2")).toBe("two\nthree\n");
    expect(await log(id, "&tail=0")).toBe("");
    expect(await log(id, "&timestamps=true&tail=1")).toMatch(/^\d{4}-\d\d-\d\dT[\d:.]+Z three\n$/);
    expect(await log(id, "&since=2999-01-01T00:00:00Z")).toBe("");
    expect(await log(id, "&since=2000-01-01T00:00:00%2B02:00")).toBe("one\ntwo\nthree\n");
  });

  it.each(["tail=x", "tail=-1", "since=yesterday", "follow=perhaps"])("refuses %s", async (query) => {
    const response = await platform.fetch(`${SESSION}/${await create()}?view=logs&${query}`);
    expect(response.status).toBe(400);
    expect(await response.text()).toContain("Invalid value for");
  });

  it("gives a large log whole", async () => {
    const id = await create();
    await running(id);
    const line = "x".repeat(1000);
    for (let count = 0; count < 3000; count += 1) driver.printForTest(id, line);
    expect((await log(id)).length).toBe(3000 * 1001);
  });

  it("follows until the Session ends", async () => {
    const id = await create();
    await running(id);
    driver.printForTest(id, "early");
    const { next } = await follow(id);
    expect(await next()).toBe("early\n");
    driver.printForTest(id, "late");
    expect(await next()).toBe("late\n");
    driver.endForTest(id);
    expect(await next()).toBeNull();
  });

  it("waits with a follower for a Session that is still in the queue", async () => {
    const first = await create();
    await running(first);
    const second = await create();
    const { next } = await follow(second);
    driver.endForTest(first);
    await running(second);
    driver.printForTest(second, "at last");
    expect(await next()).toBe("at last\n");
  });

  it("lets a follower of a deleted Session go", async () => {
    await running(await create());
    const queued = await create();
    const { next } = await follow(queued);
    await platform.fetch(`${SESSION}/${queued}`, { method: "DELETE" });
    expect(await next()).toBeNull();
  });

  it("stops reading when the client leaves", async () => {
    const id = await create();
    await running(id);
    let released = false;
    const readLog = driver.readLog.bind(driver);
    driver.readLog = async function* (session, options) {
      try {
        yield* readLog(session, options);
      } finally {
        released = true;
      }
    };
    const { leave } = await follow(id);
    expect(released).toBe(false);
    leave();
    await eventually(() => released);
  });
});

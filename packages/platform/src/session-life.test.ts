/** Sessions through crashes, full queues and the end of their life: a whole platform over the fake driver. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { CanfarError } from "@canfar/contract";
import type { WireSession } from "@canfar/contract/wire";
import { eventually, FakeDriver, ManualClock, startTestPlatform, type TestPlatform } from "@canfar/testing";
import { afterEach, beforeEach, describe, expect, it } from "vitest";

const SESSION = "/skaha/v1/session";
const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const RECONCILE_MS = 30_000;

let data: string;
let clock: ManualClock;
let driver: FakeDriver;
let platform: TestPlatform;

beforeEach(async () => {
  data = mkdtempSync(join(tmpdir(), "canfar-session-life-"));
  clock = new ManualClock();
  driver = new FakeDriver({ clock });
  platform = await start();
});

afterEach(async () => {
  await platform.stop();
  rmSync(data, { recursive: true });
});

async function start(config: Parameters<typeof startTestPlatform>[0] = {}): Promise<TestPlatform> {
  return await startTestPlatform({ data, clock, driver, ...config });
}

/** The platform goes and comes back; what the driver has goes on. */
async function restart(config: Parameters<typeof startTestPlatform>[0] = {}): Promise<void> {
  await platform.stop();
  platform = await start(config);
}

async function create(form: Record<string, string>): Promise<string[]> {
  const body = new URLSearchParams({ name: "batch", image: "skaha/terminal", cmd: "sleeper", ...form });
  const response = await platform.fetch(SESSION, { method: "POST", body });
  const text = await response.text();
  expect(response.status, text).toBe(200);
  return text.trim().split("\n");
}

const notebook = { image: "skaha/astroml", type: "notebook", name: "nb" };

async function get(id: string | undefined): Promise<WireSession> {
  return (await (await platform.fetch(`${SESSION}/${id}`)).json()) as WireSession;
}

async function list(): Promise<WireSession[]> {
  return (await (await platform.fetch(SESSION)).json()) as WireSession[];
}

async function until(id: string | undefined, status: string): Promise<WireSession> {
  return await eventually(async () => {
    const session = await get(id);
    return session.status === status && session;
  });
}

const statuses = async () => (await list()).map(({ status }) => status).sort();

describe("the queue", () => {
  beforeEach(() => restart({ config: { batch: { flexible: 2 } } }));

  it("starts as many headless Sessions as there are places, and the next when one ends", async () => {
    const ids = await create({ replicas: "4" });
    await eventually(async () => (await statuses()).join() === "Pending,Pending,Running,Running");
    driver.endForTest(ids[1] ?? "");
    await until(ids[2], "Running");
    expect((await get(ids[3])).message).toBe("waiting for room: it is the next");
  });

  it("lets a large Session wait for room, and nobody overtake it", async () => {
    const [running] = await create({});
    const [large] = await create({ cores: "4" });
    const [small] = await create({});
    await until(running, "Running");
    expect((await get(large)).reason).toBe("Resources");
    expect((await get(small)).message).toBe("waiting for room: 1 session before it");
    driver.endForTest(running ?? "");
    await until(large, "Running");
    expect((await get(small)).reason).toBe("Resources");
  });

  it("starts interactive Sessions at once, however long the queue is", async () => {
    await create({ replicas: "5" });
    const [id] = await create(notebook);
    await until(id, "Running");
  });

  it("goes on after one that waits was deleted", async () => {
    const ids = await create({ replicas: "4" });
    await platform.fetch(`${SESSION}/${ids[2]}`, { method: "DELETE" });
    await until(ids[0], "Running");
    driver.endForTest(ids[0] ?? "");
    await until(ids[3], "Running");
    expect(
      driver.plansForTest.flatMap(({ replicas }) => replicas.map(({ sessionId }) => sessionId)),
    ).not.toContain(ids[2]);
  });

  it("keeps its order over a restart", async () => {
    const ids = await create({ replicas: "3" });
    await until(ids[0], "Running");
    await restart({ config: { batch: { flexible: 2 } } });
    expect((await get(ids[2])).reason).toBe("Resources");
    driver.endForTest(ids[0] ?? "");
    await until(ids[2], "Running");
  });

  it("gives a Group of one request REPLICA_ID 1 to N, in one plan for each time there is room", async () => {
    await restart({ config: { batch: { flexible: 100 } } });
    await create({ replicas: "50" });
    expect(driver.plansForTest).toHaveLength(1);
    const ids = driver.plansForTest[0]?.replicas.map(({ env }) => Number(env.REPLICA_ID));
    expect(ids).toEqual(Array.from({ length: 50 }, (_, index) => index + 1));
  });
});

describe("after a restart", () => {
  it("running Sessions are found again, with their page, and nothing runs twice", async () => {
    const [batch] = await create({});
    const [page] = await create(notebook);
    await until(page, "Running");
    await restart();
    expect(await statuses()).toEqual(["Running", "Running"]);
    expect(platform.platform.routes.get(page ?? "")).toMatchObject({ state: "ready", owner: "astro" });
    expect(driver.plansForTest.flatMap(({ replicas }) => replicas)).toHaveLength(2);
    driver.endForTest(batch ?? "", { exitCode: 3 });
    expect(await until(batch, "Failed")).toMatchObject({ exitCode: 3 });
  });

  it("what ended meanwhile has its real exit code", async () => {
    const [id] = await create({});
    await until(id, "Running");
    await platform.stop();
    driver.endForTest(id ?? "", { exitCode: 42 });
    platform = await start();
    expect(await get(id)).toMatchObject({ status: "Failed", exitCode: 42, message: "exited with code 42" });
  });

  it("what the driver never accepted is launched, as the same attempt", async () => {
    driver.failNextForTest("launch", new CanfarError("storage.full", { message: "the disk is full" }));
    const [id] = await create({});
    await eventually(() => driver.plansForTest.length === 0);
    expect(await get(id)).toMatchObject({ status: "Pending", attempt: 1 });
    await restart();
    expect(await until(id, "Running")).toMatchObject({ attempt: 1 });
  });

  it("Sessions that were asked to end are asked again", async () => {
    const [id] = await create({});
    await until(id, "Running");
    driver.failNextForTest("stop", new Error("no connection"));
    expect((await platform.fetch(`${SESSION}/${id}`, { method: "DELETE" })).status).toBe(200);
    expect((await driver.list())[0]?.phase).toBe("running");
    await restart();
    await eventually(async () => (await driver.list()).every(({ phase }) => phase === "ended"));
    expect(await list()).toEqual([]);
  });
});

describe("on the timer", () => {
  it("an end that nobody told is seen", async () => {
    const [id] = await create({});
    await until(id, "Running");
    driver.muteForTest();
    driver.endForTest(id ?? "");
    driver.unmuteForTest();
    expect((await get(id)).status).toBe("Running");
    clock.advance(RECONCILE_MS);
    await until(id, "Completed");
  });

  it("a Session that the driver has lost is Failed, and says so", async () => {
    const [id] = await create({});
    await until(id, "Running");
    driver.loseForTest(id ?? "");
    clock.advance(RECONCILE_MS);
    expect(await until(id, "Failed")).toMatchObject({ reason: "Lost" });
    expect(await get(id)).not.toHaveProperty("exitCode");
  });

  it("a driver that cannot be asked now is asked again", async () => {
    const [id] = await create({});
    await until(id, "Running");
    driver.muteForTest();
    driver.endForTest(id ?? "");
    driver.failNextForTest("list", new Error("no connection"));
    clock.advance(RECONCILE_MS);
    await eventually(async () => {
      clock.advance(RECONCILE_MS);
      return (await get(id)).status === "Completed";
    });
  });
});

describe("the end of life", () => {
  it("comes to a Session at its expiry, as DeadlineExceeded", async () => {
    const [id] = await create(notebook);
    await until(id, "Running");
    clock.advance(4 * DAY_MS - 1000);
    expect((await get(id)).status).toBe("Running");
    clock.advance(2000);
    expect(await until(id, "Failed")).toMatchObject({ reason: "DeadlineExceeded" });
  });

  it("moves with each renewal", async () => {
    const [id] = await create(notebook);
    const before = await until(id, "Running");
    clock.advance(3 * DAY_MS);
    await platform.fetch(`${SESSION}/${id}?action=renew`, { method: "POST" });
    const after = await get(id);
    expect(Date.parse(String(after.expiryTime)) - Date.parse(String(before.expiryTime))).toBe(3 * DAY_MS);
    clock.advance(3 * DAY_MS);
    expect((await get(id)).status).toBe("Running");
    clock.advance(2 * DAY_MS);
    await until(id, "Failed");
  });

  it("that passed while the platform was down is caught up", async () => {
    const [id] = await create(notebook);
    await until(id, "Running");
    await platform.stop();
    clock.advance(5 * DAY_MS);
    platform = await start();
    clock.advance(1);
    expect(await until(id, "Failed")).toMatchObject({ reason: "DeadlineExceeded" });
  });
});

describe("a launch that cannot be", () => {
  it("ends the Session with the driver's own words", async () => {
    driver.failNextForTest("launch", new CanfarError("server.internal", { message: "the host is gone" }));
    const [id] = await create({});
    const session = await until(id, "Failed");
    expect(session).toMatchObject({ reason: "NotStarted", message: "it did not start: the host is gone" });
    const events = await (await platform.fetch(`${SESSION}/${id}?view=events`)).text();
    expect(events).toContain("the host is gone");
  });
});

describe("a large Group", () => {
  it("of 10,000 Replicas is accepted as a whole and listed with its places in the queue", async () => {
    await restart({ config: { batch: { flexible: 10 } } });
    const ids = await create({ replicas: "10000" });
    expect(new Set(ids).size).toBe(10_000);
    const sessions = await list();
    expect(sessions.map(({ id }) => id)).toEqual(ids);
    expect(sessions.at(-1)?.message).toBe("waiting for room: 9989 sessions before it");
    await platform.fetch(`${SESSION}/${ids[0]}`, { method: "DELETE" });
    await until(ids[10], "Running");
  });
});

/** Forecasts against what the launch really comes to, and why Sessions wait: over HTTP and the fake driver. */
import {
  type Forecast,
  forecastSchema,
  type PendingReasonAnswer,
  pendingReasonSchema,
} from "@canfar/contract";
import { TestBatch } from "@canfar/testing";
import { afterEach, beforeEach, describe, expect, it } from "vitest";

let batch: TestBatch;

beforeEach(async () => {
  batch = await TestBatch.start({ config: { batch: { flexible: 8, shares: { bob: 2 } } } });
});
afterEach(() => batch[Symbol.asyncDispose]());

async function forecast(request: object, as?: string): Promise<Forecast> {
  const response = await batch.post(request, as, "/canfar/v1/forecast");
  expect(response.status, await response.clone().text()).toBe(200);
  return forecastSchema.parse(await response.json());
}

async function why(id: string | undefined, as?: string): Promise<PendingReasonAnswer> {
  return pendingReasonSchema.parse(await batch.get<unknown>(`/canfar/v1/session/${id}/why`, as));
}

const USERS = ["astro", "bob", "carol"] as const;

/** A generator of whole numbers that gives the same ones each time. */
function randomFrom(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

function randomRequest(random: (below: number) => number, earlier: readonly string[]): object {
  const pick = <T>(values: readonly T[]): T => values[random(values.length)] as T;
  const other = earlier.length === 0 ? "nowhere1" : pick(earlier);
  return {
    replicas: pick([1, 1, 2, 3, 5, 12]),
    ...pick<object>([
      {},
      {},
      { resources: { cores: pick([1, 2, 3, 4]) } },
      { resources: { memoryGiB: pick([1, 4, 9, 16]) } },
      { resources: { cores: pick([1, 2, 5]), memoryGiB: pick([2, 8]) } },
      { kind: "notebook", image: "skaha/astroml", command: undefined, replicas: 1, resources: { cores: 2 } },
    ]),
    ...pick<object>([
      {},
      {},
      { policy: { maxRunning: pick([1, 2, 4]) } },
      { policy: { after: [{ group: other, when: pick(["ok", "any", "fail"]) }] } },
      { policy: { afterEach: other } },
      { image: "skaha/nothing" },
      { requestId: pick(["r1", "r2"]) },
    ]),
  };
}

/** Ends some or all of what runs, some of it in failure. */
async function endSome(random: (below: number) => number): Promise<void> {
  const part = random(4);
  for (const as of USERS) {
    const running = await batch.get<{ id: string }[]>("/skaha/v1/session?status=Running", as);
    for (const { id } of running) {
      if (random(3) < part) batch.driver.endForTest(id, { exitCode: random(3) === 0 ? 1 : 0 });
    }
  }
  await batch.settled();
}

/** Reasons that the random requests have met. */
const met = new Set<string | undefined>();

describe("a forecast", () => {
  it.each([1, 2, 3, 4, 5])("is what the launch comes to, with seed %i", async (seed) => {
    const random = randomFrom(seed);
    const earlier = new Map<string, string[]>();
    for (let round = 0; round < 25; round += 1) {
      const as = USERS[random(USERS.length)] ?? "astro";
      const own = earlier.get(as) ?? [];
      const request = randomRequest(random, own);
      const found = await forecast(request, as);
      met.add(found.refusal?.code ?? found.reason);
      const told = JSON.stringify({ round, as, request, found });
      const response = await batch.post(request, as);
      expect(response.ok, told).toBe(found.accepted);
      if (!response.ok) {
        expect(response.headers.get("x-canfar-code"), told).toBe(found.refusal?.code);
        expect((await response.text()).trim(), told).toBe(found.refusal?.message);
        continue;
      }
      const answer = (await response.json()) as { group: string; sessions: string[] };
      if (own.includes(answer.group)) {
        expect(found, told).toMatchObject({ startsNow: 0, waits: 0 });
        continue;
      }
      earlier.set(as, [...own, answer.group]);
      const whys: PendingReasonAnswer[] = [];
      for (const id of answer.sessions) whys.push(await why(id, as));
      const waiting = whys.filter(({ reason }) => !["Starting", "Running", "Ended"].includes(reason));
      expect(whys.filter(({ reason }) => ["Starting", "Running"].includes(reason)).length, told).toBe(
        found.startsNow,
      );
      expect(waiting.length, told).toBe(found.waits);
      if (waiting[0] !== undefined) {
        const { reason, position } = waiting[0];
        expect({ reason, position }, told).toEqual({ reason: found.reason, position: found.position });
      }
      batch.clock.advance(random(60) * 1000);
      await batch.settled();
      await endSome(random);
    }
    expect([...earlier.values()].flat().length).toBeGreaterThan(10);
  });

  it("was asked for in every way that there is", () => {
    const waits = [
      "Queued",
      "Resources",
      "MaxRunning",
      "Dependency",
      "DependencyReplica",
      "DependencyFailed",
    ];
    const refusals = ["image.unknown", "resource.out_of_range", "group.not_found", "request.invalid"];
    expect([...met]).toEqual(expect.arrayContaining([...waits, ...refusals, undefined]));
  });

  it("refuses what the launch refuses, and launches nothing", async () => {
    expect(await forecast({ image: "skaha/nothing" })).toMatchObject({
      ...{ accepted: false, refusal: { code: "image.unknown" }, startsNow: 0, waits: 0 },
    });
    expect(await forecast({ replicas: 0 })).toMatchObject({ refusal: { code: "request.invalid" } });
    expect(await forecast({ replicas: 20 })).toMatchObject({ accepted: true, startsNow: 8, waits: 12 });
    expect(await batch.get<unknown[]>("/canfar/v1/group")).toEqual([]);
    expect(batch.driver.plansForTest).toEqual([]);
  });

  it("knows when room is likely, once Sessions have ended", async () => {
    const { group, sessions } = await batch.launch({ replicas: 8 });
    await batch.untilCounts(group, { running: 8 });
    expect(await forecast({})).toMatchObject({ waits: 1, reason: "Resources", position: 1, eta: null });
    batch.clock.advance(80_000);
    const more = await batch.launch({ replicas: 3 });
    batch.driver.endForTest(sessions[0] ?? "");
    await batch.untilCounts(more.group, { running: 1, pending: 2 });
    const found = await forecast({});
    expect(found).toMatchObject({ waits: 1, reason: "Queued", position: 3 });
    // Eight run, of 80 seconds each: one ends every 10 seconds, and this is the third to start.
    expect(found.eta).toBe("2026-01-01T00:01:50.000Z");
  });
});

describe("why", () => {
  it("a Session waits, who is before it, and what holds the room", async () => {
    const first = await batch.launch({ replicas: 10 }, "bob");
    await batch.untilCounts(first.group, { running: 8 }, "bob");
    const own = await batch.launch({ replicas: 2 });
    const next = await why(own.sessions[0]);
    expect(next).toMatchObject({
      ...{ status: "Pending", reason: "Resources", position: 1, running: { own: 0, others: 8 } },
      ahead: { own: 0, others: 0 },
    });
    expect(next.unblock).toBe(
      "0.5 cores, 2 GiB of memory have to become free: batch may use 4 cores, 16 GiB of memory now, " +
        "and holds 4 cores, 16 GiB of memory.",
    );
    expect(await why(own.sessions[1])).toMatchObject({ reason: "Queued", ahead: { own: 1 } });
    expect(JSON.stringify(await why(own.sessions[1]))).not.toContain("bob");
    expect(await why(first.sessions[0], "bob")).toMatchObject({ reason: "Running", position: null });
    batch.driver.endForTest(first.sessions[0] ?? "", { exitCode: 2 });
    await batch.untilCounts(first.group, { failed: 1 }, "bob");
    expect(await why(first.sessions[0], "bob")).toMatchObject({
      ...{ reason: "Ended", message: "it has ended: Error, exited with code 2" },
    });
  });

  it("of somebody else's Session is not found", async () => {
    const { group } = await batch.launch({});
    const response = await batch.platform.fetch(`/canfar/v1/session/${group}/why`, { as: "bob" });
    expect(response.status).toBe(404);
  });
});

/** Simulations: over a long time users get the machine in proportion to their weights, however deep their queues are. */
import { describe, expect, it } from "vitest";
import { type Blocked, type Candidate, decideAdmission, type UserInLine } from "./decide-admission.ts";
import { type Demand, NOTHING, plus } from "./demand.ts";
import { UserAccount } from "./user-account.ts";

interface Simulated {
  readonly name: string;
  readonly weight: number;
  readonly depth: number;
  readonly demand: Demand;
  readonly seconds: () => number;
}

/** A generator of numbers from 0 to 1 that gives the same ones each time (mulberry32). */
function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** @returns core-seconds of each user while all of them had something to start */
function simulate(machine: Demand, users: readonly Simulated[], until: number): Map<string, number> {
  const accounts = new Map(users.map(({ name }) => [name, new UserAccount(machine, 0)]));
  const left = new Map(users.map(({ name, depth }) => [name, depth]));
  const got = new Map(users.map(({ name }) => [name, 0]));
  let running: { name: string; endsAt: number; demand: Demand }[] = [];
  let blocked: Blocked = new Map();
  let now = 0;
  let sequence = 0;
  while (now < until && [...left.values()].every((count) => count > 0)) {
    const line = users.map((user): UserInLine<Candidate & { user: Simulated }> => {
      const account = accounts.get(user.name) as UserAccount;
      const count = left.get(user.name) ?? 0;
      const read = (limit: number, offset: number) =>
        Array.from({ length: Math.max(0, Math.min(limit, count - offset)) }, (_, place) => ({
          ...{ id: `${user.name}-${offset + place}`, demand: user.demand, user },
        }));
      const groups = [{ id: user.name, room: Infinity, demand: user.demand, read }];
      const { share, running: holds } = account;
      const used = account.usedUntil(now * 1000);
      return { name: user.name, weight: user.weight, share, running: holds, used, groups };
    });
    const batch = running.reduce((sum, { demand }) => plus(sum, demand), NOTHING);
    const decision = decideAdmission({
      ...{ machine, batch, interactive: NOTHING, ahead: NOTHING, batchSessions: running.length },
      ...{ users: line, blocked, now: now * 1000 },
    });
    blocked = decision.blocked;
    for (const { user } of decision.starts) {
      const seconds = user.seconds();
      running.push({ name: user.name, endsAt: now + seconds, demand: user.demand });
      accounts.get(user.name)?.count(user.demand, 1, now * 1000);
      left.set(user.name, (left.get(user.name) ?? 0) - 1);
      got.set(user.name, (got.get(user.name) ?? 0) + seconds * user.demand.cores);
      sequence += 1;
    }
    now = Math.min(...running.map(({ endsAt }) => endsAt));
    for (const { name, demand } of running.filter(({ endsAt }) => endsAt <= now))
      accounts.get(name)?.count(demand, -1, now * 1000);
    running = running.filter(({ endsAt }) => endsAt > now);
  }
  expect(sequence).toBeGreaterThan(100);
  return got;
}

const one = { cores: 1, memoryGiB: 1, gpus: 0 };

function expectShares(got: ReadonlyMap<string, number>, users: readonly Simulated[]): void {
  const all = [...got.values()].reduce((sum, value) => sum + value, 0);
  const weights = users.reduce((sum, { weight }) => sum + weight, 0);
  for (const { name, weight } of users) {
    const fair = weight / weights;
    expect(Math.abs((got.get(name) ?? 0) / all - fair), `${name} of ${fair}`).toBeLessThan(0.05 * fair);
  }
}

describe.each([1, 2, 3, 4, 5])("with seed %i", (seed) => {
  it.each([
    [8, [1, 1]],
    [8, [2, 1]],
    [2, [2, 1]],
    [1, [3, 1]],
    [16, [5, 3]],
    [8, [1, 2]],
  ])("on %i cores, users of weights %j with queues 100 to 1 deep get their shares", (cores, weights) => {
    const random = randomFrom(seed);
    const seconds = () => 10 + 50 * random();
    const users = weights.map((weight, index): Simulated => {
      const depth = index === 0 ? 200_000 : 2000;
      return { name: `u${index}`, weight, depth, demand: one, seconds };
    });
    expectShares(simulate({ cores, memoryGiB: 64, gpus: 0 }, users, 20_000), users);
  });

  it("a user of large Sessions gets as much as one of small ones", () => {
    const random = randomFrom(seed);
    const seconds = () => 10 + 50 * random();
    const users: Simulated[] = [
      { name: "large", weight: 1, depth: 1e6, demand: { ...one, cores: 4 }, seconds },
      { name: "small", weight: 1, depth: 1e6, demand: one, seconds },
    ];
    const got = simulate({ cores: 8, memoryGiB: 64, gpus: 0 }, users, 50_000);
    const [large = 0, small = 0] = [got.get("large"), got.get("small")];
    expect(large / (large + small)).toBeGreaterThan(0.45);
    expect(large / (large + small)).toBeLessThan(0.55);
  });
});

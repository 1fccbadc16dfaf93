import { describe, expect, it } from "vitest";
import {
  type Candidate,
  decideAdmission,
  type GroupInLine,
  type Line,
  PATIENCE_MS,
  type UserInLine,
} from "./decide-admission.ts";
import { capacityOf, type Demand, dominantShare, NOTHING } from "./demand.ts";

const machine = { cores: 8, memoryGiB: 32, gpus: 0 };
const { flexible } = capacityOf({ machine, places: 16, memoryGiB: 4 });

function sessions(prefix: string, count: number, demand: Demand = flexible): Candidate[] {
  return Array.from({ length: count }, (_, index) => ({ id: `${prefix}${index + 1}`, demand }));
}

function group(members: readonly Candidate[], room = Infinity): GroupInLine<Candidate> {
  return {
    ...{ id: "group", room, demand: members[0]?.demand ?? flexible },
    read: (limit, offset) => members.slice(offset, offset + limit),
  };
}

function user(
  name: string,
  groups: readonly GroupInLine<Candidate>[],
  has: Partial<UserInLine<Candidate>> = {},
): UserInLine<Candidate> {
  const running = has.running ?? NOTHING;
  return { name, weight: 1, share: dominantShare(running, machine), running, used: 0, groups, ...has };
}

function decide(users: readonly UserInLine<Candidate>[], line: Partial<Line<Candidate>> = {}) {
  const { starts, blocked } = decideAdmission({
    ...{ machine, batch: NOTHING, interactive: NOTHING, ahead: NOTHING, batchSessions: 0, users },
    ...{ blocked: new Map(), now: 1_000_000_000, ...line },
  });
  return { ids: starts.map(({ id }) => id), blocked };
}

const cores = (count: number, memoryGiB = 1) => ({ cores: count, memoryGiB, gpus: 0 });

describe("decideAdmission", () => {
  it("starts as many flexible Sessions as there are places, in their order", () => {
    const { ids } = decide([user("a", [group(sessions("a", 20))])]);
    expect(ids).toEqual(sessions("a", 16).map(({ id }) => id));
  });

  it("counts what was asked for: cores, and memory where that is less", () => {
    expect(decide([user("a", [group(sessions("a", 9, cores(3)))])]).ids).toHaveLength(2);
    expect(decide([user("a", [group(sessions("a", 9, cores(1, 16)))])]).ids).toHaveLength(2);
  });

  it("gives GPUs out once, and nobody waits for one who asked for none", () => {
    const withGpus = { ...machine, gpus: 1 };
    const wants = { cores: 1, memoryGiB: 1, gpus: 1 };
    const users = [user("a", [group(sessions("a", 2, wants))]), user("b", [group(sessions("b", 2))])];
    expect(decide(users, { machine: withGpus }).ids.sort()).toEqual(["a1", "b1", "b2"]);
  });

  it("deals in turn where users are level, and first to whoever has less", () => {
    const level = [user("a", [group(sessions("a", 3))]), user("b", [group(sessions("b", 3))])];
    expect(decide(level).ids).toEqual(["a1", "b1", "a2", "b2", "a3", "b3"]);
    const behind = [
      user("a", [group(sessions("a", 9))], { running: cores(4) }),
      user("b", [group(sessions("b", 9))]),
    ];
    expect(decide(behind, { batch: cores(4), batchSessions: 4 }).ids.slice(0, 7)).toEqual(
      sessions("b", 7).map(({ id }) => id),
    );
  });

  it("weighs cores against memory: the larger share is what a user has", () => {
    const users = [
      user("memory", [group(sessions("m", 9, cores(1, 8)))]),
      user("cores", [group(sessions("c", 9, cores(1, 1)))]),
    ];
    // A quarter of the memory each, against an eighth of the cores each.
    expect(decide(users).ids.filter((id) => id.startsWith("m"))).toHaveLength(3);
    expect(decide(users).ids.filter((id) => id.startsWith("c"))).toHaveLength(5);
  });

  it("passes over Groups that have no room left, and goes on with the user's next one", () => {
    const groups = [group(sessions("a", 9), 2), group(sessions("b", 9), 3)];
    expect(decide([user("u", groups)]).ids).toEqual(["a1", "a2", "b1", "b2", "b3"]);
  });

  it("lets others pass a large Session for a while, then keeps everything for it", () => {
    const large = user("a", [group([{ id: "large", demand: cores(8) }, ...sessions("a", 3)])]);
    const small = user("b", [group(sessions("b", 30))], { running: cores(1), share: 1 / 8 });
    const line = { batch: cores(1), batchSessions: 1 };
    const first = decide([large, small], line);
    expect(first.ids).toHaveLength(14);
    expect(first.ids.every((id) => id.startsWith("b"))).toBe(true);
    const now = 1_000_000_000 + PATIENCE_MS;
    const later = decide([large, small], { ...line, blocked: first.blocked, now });
    expect(later.ids).toEqual([]);
    const almost = decide([large, small], { ...line, blocked: first.blocked, now: now - 1 });
    expect(almost.ids).toHaveLength(14);
    const free = decide([large, small], { blocked: later.blocked, now });
    expect(free.ids).toEqual(["large"]);
  });

  it("counts a wait from now where the clock was set back", () => {
    const users = [user("a", [group([{ id: "large", demand: cores(8) }])])];
    const line = { batch: cores(1), batchSessions: 1 };
    const { blocked } = decide(users, { ...line, blocked: new Map([["large", 2_000_000_000]]) });
    expect(blocked.get("large")).toBe(1_000_000_000);
  });

  it("leaves batch a quarter of the machine, and one Session, whatever interactive ones hold", () => {
    const line = { interactive: cores(8, 32) };
    expect(decide([user("a", [group(sessions("a", 20))])], line).ids).toHaveLength(4);
    expect(decide([user("a", [group(sessions("a", 2, cores(8)))])], line).ids).toEqual(["a1"]);
    const running = { ...line, batch: cores(8), batchSessions: 1 };
    expect(decide([user("a", [group(sessions("a", 2, cores(8)))])], running).ids).toEqual([]);
  });
});

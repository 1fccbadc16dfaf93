/** The ledger against the records: whatever happens, and whatever is undone, a new ledger counts the same. */
import { batchPolicySchema } from "@canfar/contract";
import { ManualClock } from "@canfar/testing";
import { describe, expect, it } from "vitest";
import { openDatabase } from "../../records/database.ts";
import type { GroupRecord } from "../../records/group-store.ts";
import { Records } from "../../records/records.ts";
import type { SessionRecord } from "../../records/session-store.ts";
import { GroupEnds } from "../policy/group-ends.ts";
import { Settlement } from "../policy/settlement.ts";
import { SessionChanges } from "../session-changes.ts";
import { capacityOf } from "./demand.ts";
import { Ledger } from "./ledger.ts";

const capacity = capacityOf({ machine: { cores: 8, memoryGiB: 32, gpus: 0 }, places: 16, memoryGiB: 4 });

function groupOf(id: string, change: Partial<GroupRecord> & { policy?: object }): GroupRecord {
  const { policy = {}, ...columns } = change;
  return {
    ...{ id, username: "astro", name: id, kind: "headless", image: "i", interactive: false, sequence: 0 },
    ...{ replicaCount: 5, lifetimeSeconds: 60, createdAt: "2026-01-01T00:00:00.000Z", requestId: null },
    ...{ requestDigest: "", stopped: null, released: true, failedBefore: 0, logsRemovedAt: null },
    details: {
      ...{ user: { uid: 1, gid: 1, groups: [] }, image: { digest: "", recipe: null }, args: [], env: {} },
      ...{ resources: { cores: 1 }, policy: batchPolicySchema.parse(policy) },
      allocation: {
        ...{ mode: "fixed", requestedCores: 1, coresLimit: 1, requestedMemoryGiB: 4, memoryLimitGiB: 32 },
        gpus: 0,
      },
    },
    ...columns,
  };
}

class Rig {
  readonly clock = new ManualClock();
  readonly records = new Records(openDatabase(":memory:"));
  readonly ledger = new Ledger({ records: this.records, capacity, clock: this.clock });
  readonly settlement = new Settlement({
    ...{ records: this.records, ledger: this.ledger, ends: new GroupEnds(), clock: this.clock },
    changes: new SessionChanges(),
  });

  launch(group: GroupRecord): void {
    const inserted = this.records.groups.insert(group);
    const held = group.details.policy?.afterEach === undefined ? 0 : 1;
    for (let index = 1; index <= group.replicaCount; index += 1) {
      this.ledger.insert(
        {
          ...{ id: `${group.id}-${index}`, groupId: group.id, username: group.username, name: "n", held },
          ...{
            replicaIndex: index,
            phase: "queued",
            reason: "Queued",
            message: "",
            createdAt: group.createdAt,
          },
        },
        inserted,
      );
    }
    this.settlement.queued(group.id);
  }

  /** What happens to a Session next, by chance. */
  move(session: SessionRecord, random: (below: number) => number): void {
    const endedAt = this.clock.now().toISOString();
    if (session.phase === "queued") {
      if (random(4) > 0) this.ledger.beginAttempt(session);
      else this.end(session, { stopCause: "deleted" });
    } else if (session.phase !== "ended") {
      const notBefore = random(2) === 0 ? "2026-01-02T00:00:00.000Z" : "2026-01-03T00:00:00.000Z";
      const again = { reason: "BackOff", message: "", held: 0, memoryGiB: random(9) + 1, attemptsBefore: 0 };
      if (random(3) === 0) this.ledger.requeue(session, { ...again, held: 0, notBefore });
      else this.end(session, { status: random(2) === 0 ? "Failed" : "Completed", endedAt });
    }
  }

  end(session: SessionRecord, change: Partial<SessionRecord>): void {
    const end = { phase: "ended", status: "Failed", reason: "Error" } as const;
    this.settlement.ended(this.ledger.change(session, { ...end, ...change }));
  }

  /** Everything that is counted, as one value. */
  static counts(ledger: Ledger): object {
    const round = (demand: object) =>
      Object.fromEntries(Object.entries(demand).map(([key, value]) => [key, Number(value.toFixed(6))]));
    const { batch, interactive, batchSessions } = ledger.load;
    const standings = [...ledger.standings()].map((standing) => {
      const { group, ready, backingOff, held, active, dueAt, failed } = standing;
      const counted = standing.policy.maxFailures === undefined ? 0 : failed;
      const due = backingOff === 0 ? null : dueAt;
      return { id: group.id, group, ready, backingOff, held, active, due, failed: counted };
    });
    standings.sort((a, b) => (a.id < b.id ? -1 : 1));
    const running = ["astro", "bob"].map((name) => round(ledger.account(name).running));
    return { standings, running, batch: round(batch), interactive: round(interactive), batchSessions };
  }

  expectTrue(): void {
    const fresh = new Ledger({ records: this.records, capacity, clock: this.clock });
    expect(Rig.counts(this.ledger)).toEqual(Rig.counts(fresh));
  }
}

function randomFrom(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

describe("the ledger", () => {
  it.each([1, 2, 3, 4, 5, 6])(
    "counts what is on record, also after writes that failed, with seed %i",
    (seed) => {
      const rig = new Rig();
      const random = randomFrom(seed);
      rig.records.write(() => {
        rig.launch(groupOf("a", { policy: { maxFailures: 1 } }));
        rig.launch(groupOf("b", { username: "bob", policy: { after: [{ group: "a" }] }, released: false }));
        rig.launch(groupOf("c", { policy: { afterEach: "a" } }));
        rig.launch(groupOf("d", { policy: { afterEach: "c", maxFailures: 0 } }));
        rig.launch(groupOf("e", { username: "bob" }));
        rig.launch(groupOf("n", { interactive: true, kind: "notebook" }));
      });
      rig.expectTrue();
      let open = 1;
      for (let step = 0; open > 0; step += 1) {
        const sessions = [...rig.records.sessions.queued(), ...rig.records.sessions.active()];
        open = sessions.length;
        const chosen = Array.from({ length: 1 + random(3) }, () => sessions[random(open)]?.id ?? "");
        const write = (fails: boolean) =>
          rig.records.write(() => {
            for (const id of new Set(chosen)) {
              const session = rig.records.sessions.find(id);
              const standing = session === null ? null : rig.ledger.standing(session.groupId);
              if (session === null || standing === null || session.held === 1 || !standing.group.released)
                continue;
              rig.move(session, random);
              if (standing.open > 0) rig.ledger.refreshDue(standing);
            }
            if (fails) throw new Error("the disk is full");
          });
        if (random(4) === 0) expect(() => write(true)).toThrowError("the disk is full");
        else write(false);
        rig.expectTrue();
        expect(step).toBeLessThan(2000);
      }
      expect([...rig.ledger.standings()]).toEqual([]);
    },
  );

  it("draws each conclusion once, whatever is looked at again", () => {
    const rig = new Rig();
    rig.records.write(() => {
      rig.launch(groupOf("a", { replicaCount: 1 }));
      rig.launch(groupOf("b", { policy: { after: [{ group: "a" }] }, released: false }));
    });
    const find = () => rig.records.sessions.find("a-1") as SessionRecord;
    rig.records.write(() => rig.ledger.beginAttempt(find()));
    rig.records.write(() => rig.end(find(), { status: "Completed" }));
    expect(rig.ledger.standing("b")).toMatchObject({ ready: 5, group: { released: true } });
    rig.settlement.resume();
    rig.settlement.resume();
    expect(rig.ledger.standing("b")).toMatchObject({ ready: 5, group: { released: true } });
    rig.expectTrue();
  });
});

import { newSessionId } from "@canfar/contract";
import { describe, expect, it } from "vitest";
import { openDatabase } from "./database.ts";
import type { GroupRecord } from "./group-store.ts";
import { Records } from "./records.ts";

const group: GroupRecord = {
  ...{
    id: "aaaaaaaa",
    username: "astro",
    kind: "headless",
    image: "images.canfar.net/skaha/terminal:latest",
  },
  ...{
    interactive: false,
    replicaCount: 1,
    ...{ sequence: 1, released: true, failedBefore: 0 },
    lifetimeSeconds: 60,
    createdAt: "2026-01-01T00:00:00.000Z",
    ...{ name: "a", requestId: null, requestDigest: "d", stopped: null, logsRemovedAt: null },
  },
  details: {
    ...{ user: { uid: 1, gid: 1, groups: [] }, image: { digest: "", recipe: null }, args: [], env: {} },
    allocation: {
      ...{
        mode: "flexible",
        requestedCores: 1,
        coresLimit: 1,
        requestedMemoryGiB: 1,
        memoryLimitGiB: 1,
        gpus: 0,
      },
    },
  },
};

const session = (id: string, replicaIndex = 1) => ({
  ...{ id, groupId: "aaaaaaaa", username: "astro", name: "a", replicaIndex, phase: "queued" as const },
  ...{ reason: "Queued", message: "", createdAt: group.createdAt, held: 0 as const },
});

describe("Records", () => {
  it("gives back a Group as it was put in", () => {
    const records = new Records(openDatabase(":memory:"));
    records.write(() => records.groups.insert(group));
    expect(records.groups.find("aaaaaaaa")).toEqual(group);
    expect(records.groups.find("bbbbbbbb")).toBeNull();
  });

  it("refuses an id that is taken, without an error", () => {
    const records = new Records(openDatabase(":memory:"));
    records.groups.insert(group);
    expect(records.sessions.insert(session("aaaaaaaa"))).toMatchObject({ id: "aaaaaaaa", attempt: 0 });
    expect(records.sessions.insert(session("aaaaaaaa"))).toBeNull();
  });

  it("says storage.full on a full disk, and has written nothing", () => {
    const database = openDatabase(":memory:");
    const records = new Records(database);
    database.exec("PRAGMA max_page_count = 30");
    const fill = () =>
      records.write(() => {
        records.groups.insert(group);
        for (let index = 1; index <= 10_000; index += 1)
          records.sessions.insert(session(newSessionId(), index));
      });
    expect(fill).toThrow(expect.objectContaining({ code: "storage.full" }));
    expect(records.groups.find("aaaaaaaa")).toBeNull();
    expect([...records.sessions.listed("astro")]).toEqual([]);
    database.exec("PRAGMA max_page_count = 1000000");
    fill();
    expect([...records.sessions.listed("astro")]).toHaveLength(10_000);
  });

  it("keeps events in order, and the same thing again as one", () => {
    const records = new Records(openDatabase(":memory:"));
    const add = (message: string, at: string) =>
      records.events.add("aaaaaaaa", { type: "Normal", reason: "Pulling", message, at });
    add("one", "1");
    add("two", "2");
    add("two", "4");
    add("two", "3");
    expect(records.events.list("aaaaaaaa")).toEqual([
      { type: "Normal", reason: "Pulling", message: "one", firstTime: "1", lastTime: "1" },
      { type: "Normal", reason: "Pulling", message: "two", firstTime: "2", lastTime: "4" },
    ]);
  });

  it("opens a database that an earlier version has left, without touching what is in it", () => {
    const database = openDatabase(":memory:");
    new Records(database).groups.insert(group);
    expect(new Records(database).groups.find("aaaaaaaa")).toEqual(group);
  });

  it("keeps how each attempt went", () => {
    const records = new Records(openDatabase(":memory:"));
    records.groups.insert(group);
    records.sessions.insert(session("aaaaaaaa"));
    records.attempts.begin({ sessionId: "aaaaaaaa", attempt: 1, admittedAt: "1" });
    const end = {
      ...{
        sessionId: "aaaaaaaa",
        attempt: 1,
        startedAt: "2",
        endedAt: "3",
        exitCode: 137,
        signal: "SIGKILL",
      },
      ...{ cause: "exited", outOfMemory: true, cpuSeconds: 0.5, peakMemoryBytes: 1e9 },
    };
    records.attempts.end(end);
    records.attempts.begin({ sessionId: "aaaaaaaa", attempt: 1, admittedAt: "9" });
    expect(records.attempts.find("aaaaaaaa", 1)).toEqual({ ...end, admittedAt: "1" });
    expect(records.attempts.find("aaaaaaaa", 2)).toBeNull();
  });
});

import type { Observation, SessionOutcome } from "@canfar/drivers";
import { describe, expect, it } from "vitest";
import type { SessionRecord } from "../records/session-store.ts";
import { changeFor, eventType } from "./observation-change.ts";

const record: SessionRecord = {
  ...{ sequence: 1, id: "aaaaaaaa", groupId: "aaaaaaaa", username: "astro", name: "a", replicaIndex: 1 },
  ...{ phase: "running", status: "Running", reason: "Started", message: "", exitCode: null, attempt: 2 },
  ...{ createdAt: "2026-01-01T00:00:00.000Z", startedAt: "2026-01-01T00:00:01.000Z", endedAt: null },
  ...{
    expiresAt: "2026-01-01T01:00:01.000Z",
    stopCause: null,
    deletedAt: null,
    ...{ notBefore: "", held: 0 as const, memoryGiB: null, attemptsBefore: 0 },
  },
};

const seen: Observation = {
  ...{ sessionId: "aaaaaaaa", attempt: 2, phase: "running", at: "2026-01-01T00:00:01.000Z", ready: true },
  ...{ reason: "Started", message: "", startedAt: "2026-01-01T00:00:01.000Z" },
};

const facts = { interactive: false, lifetimeSeconds: 3600 };

const ended = (outcome: Partial<SessionOutcome>): Observation => ({
  ...{ ...seen, phase: "ended", ready: false, reason: "", message: "" },
  outcome: { exitCode: null, signal: null, outOfMemory: false, cause: "exited", ...outcome },
});

describe("changeFor", () => {
  it("counts the life from the start", () => {
    const waiting: SessionRecord = { ...record, phase: "admitted", startedAt: null, expiresAt: null };
    expect(changeFor(waiting, seen, facts)).toMatchObject({
      ...{
        phase: "running",
        status: "Running",
        startedAt: seen.startedAt,
        expiresAt: "2026-01-01T01:00:01.000Z",
      },
    });
  });

  it("leaves a renewed expiry alone when the same is seen again", () => {
    expect(changeFor({ ...record, expiresAt: "2026-02-01T00:00:00.000Z" }, seen, facts)).not.toHaveProperty(
      "expiresAt",
    );
  });

  it("is Pending until a Session answers", () => {
    expect(changeFor(record, { ...seen, ready: false }, facts)).toMatchObject({ status: "Pending" });
    expect(changeFor(record, { ...seen, phase: "running" }, facts)).toMatchObject({ status: "Running" });
  });

  it("says of a Replica with Items what its exit code says of them", () => {
    const items = { split: "chunk", total: 2, setAsideAfter: 3 } as const;
    const withItems = { ...facts, details: { items } };
    const message = (outcome: Partial<SessionOutcome>, options: typeof facts) =>
      changeFor(record, ended(outcome), options)?.message;
    expect(message({ exitCode: 120 }, withItems)).toContain("some of its items failed");
    expect(message({ exitCode: 121 }, withItems)).toContain("set aside");
    expect(message({ exitCode: 120 }, facts)).toBe("exited with code 120");
    expect(message({ exitCode: 1 }, withItems)).toBe("exited with code 1");
    expect(message({ exitCode: 120, outOfMemory: true }, withItems)).toBe("exited with code 120");
  });

  it("ignores other attempts, phases before the present one, and everything after the end", () => {
    expect(changeFor(record, { ...seen, attempt: 1 }, facts)).toBeNull();
    expect(changeFor(record, { ...seen, phase: "starting" }, facts)).toBeNull();
    expect(changeFor({ ...record, phase: "ended" }, ended({ exitCode: 0 }), facts)).toBeNull();
  });

  it.each<[string, Partial<SessionOutcome>, string, string]>([
    ["exit code 0", { exitCode: 0 }, "Completed", "Completed"],
    ["another exit code", { exitCode: 2 }, "Failed", "Error"],
    ["too little memory", { exitCode: 137, outOfMemory: true }, "Failed", "OOMKilled"],
    ["its time limit", { exitCode: 143, cause: "deadline" }, "Failed", "DeadlineExceeded"],
    ["nothing started", { cause: "not-started" }, "Failed", "NotStarted"],
    ["an end that nobody saw", { cause: "lost" }, "Failed", "Lost"],
    ["a stop, whatever its exit code", { exitCode: 0, cause: "stopped" }, "Failed", "Stopped"],
  ])("says how it ended: %s", (_title, outcome, status, reason) => {
    const change = changeFor(record, ended(outcome), facts);
    expect(change).toMatchObject({ phase: "ended", status, reason, exitCode: outcome.exitCode ?? null });
    expect(change?.message).not.toBe("");
  });

  it("says that a Session which the platform ended at its expiry exceeded its deadline", () => {
    const expired: SessionRecord = { ...record, stopCause: "expired" };
    expect(changeFor(expired, seen, facts)).toMatchObject({ status: "Terminating" });
    expect(changeFor(expired, ended({ exitCode: 143, cause: "stopped" }), facts)).toMatchObject({
      ...{ status: "Failed", reason: "DeadlineExceeded" },
    });
  });
});

describe("eventType", () => {
  it("warns of what somebody should look at", () => {
    expect(eventType(seen)).toBe("Normal");
    expect(eventType({ ...seen, reason: "LogDiskFull" })).toBe("Warning");
    expect(eventType(ended({ exitCode: 0 }))).toBe("Normal");
    expect(eventType(ended({ exitCode: 1 }))).toBe("Warning");
  });
});

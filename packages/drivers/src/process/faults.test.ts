import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import type { LaunchPlan, SessionDriver, SessionRef } from "../session-driver.ts";
import { DriverWatch } from "../watch-driver.ts";
import { ScratchDriver } from "./scratch-driver.ts";

const scratches: ScratchDriver[] = [];
afterEach(async () => {
  for (const scratch of scratches.splice(0)) await scratch.dispose();
});

function newScratch(sandbox: "bubblewrap" | "none"): ScratchDriver {
  const scratch = new ScratchDriver({ sandbox });
  scratches.push(scratch);
  return scratch;
}

function refs(count: number): SessionRef[] {
  return Array.from({ length: count }, (_, at) => ({
    sessionId: `f${String(at).padStart(7, "0")}`,
    attempt: 1,
  }));
}

function replicas(of: readonly SessionRef[]): LaunchPlan["replicas"] {
  return of.map((ref, at) => ({
    ...ref,
    name: `f-${at + 1}`,
    index: at + 1,
    env: { REPLICA_ID: String(at + 1) },
  }));
}

async function text(driver: SessionDriver, ref: SessionRef): Promise<string[]> {
  const parts = await Array.fromAsync(driver.readLog({ group: "testgrp1", ...ref }, { follow: true }));
  return parts.flat().map((line) => line.text);
}

/** Each Replica leaves one line in the projects folder when it starts. */
const LEAVE_TRACE = 'echo "$REPLICA_ID" >> "$TRACE"; sleep 1; echo done; exit $((REPLICA_ID % 7))';

for (const sandbox of ["bubblewrap", "none"] as const) {
  describe(`a session host with sandbox ${sandbox}`, () => {
    it("when killed with -9 in the middle of a group loses no session, no line and no exit code, and runs none twice", async () => {
      const scratch = newScratch(sandbox);
      const driver = await scratch.open();
      const watch = new DriverWatch(driver);
      const group = refs(40);
      const trace =
        sandbox === "none" ? join(scratch.dataFolder, "arc/projects/trace") : "/arc/projects/trace";
      const launch = driver.launch(
        scratch.plan({ argv: ["sh", "-c", LEAVE_TRACE], replicas: replicas(group), env: { TRACE: trace } }),
      );
      const [first, tenth] = [group[0], group[10]];
      if (first === undefined || tenth === undefined) throw new Error("the group is too small");
      await watch.running(first);
      scratch.killHost();
      await watch.running(tenth);
      scratch.killHost();
      await launch;
      const ends = await Promise.all(group.map((ref) => watch.ended(ref)));
      expect(ends.map(({ outcome }) => outcome?.exitCode)).toEqual(group.map((_, at) => (at + 1) % 7));
      const traced = readFileSync(join(scratch.dataFolder, "arc/projects/trace"), "utf8")
        .trim()
        .split("\n")
        .map(Number);
      expect(traced.toSorted((a, b) => a - b)).toEqual(group.map((_, at) => at + 1));
      const texts = await Promise.all(group.map((ref) => text(driver, ref)));
      expect(texts).toEqual(group.map(() => ["done"]));
    });

    it("finds the exit codes of sessions that ended while no host was there", async () => {
      const scratch = newScratch(sandbox);
      const driver = await scratch.open();
      const watch = new DriverWatch(driver);
      const [ref] = refs(1);
      if (ref === undefined) throw new Error("no session");
      const gate = join(scratch.home, "gate");
      execFileSync("mkfifo", [gate]);
      const argv = ["sh", "-c", 'cat "$HOME/gate"; echo after; exit 5'];
      await driver.launch(scratch.plan({ argv, replicas: replicas([ref]) }));
      const before = await watch.running(ref);
      await driver.close();
      scratch.killHost();
      writeFileSync(gate, "go\n");
      const next = await scratch.open();
      const nextWatch = new DriverWatch(next);
      const known = (await next.list()).find(({ sessionId }) => sessionId === ref.sessionId);
      const end = known?.phase === "ended" ? known : await nextWatch.ended(ref);
      expect(end).toMatchObject({ startedAt: before.startedAt, outcome: { exitCode: 5, cause: "exited" } });
      expect(await text(next, ref)).toEqual(["go", "after"]);
    });

    it("carries out a stop that a killed host had begun, and still knows why", async () => {
      const scratch = newScratch(sandbox);
      const driver = await scratch.open();
      const watch = new DriverWatch(driver);
      const [ref] = refs(1);
      if (ref === undefined) throw new Error("no session");
      const argv = ["sh", "-c", 'trap "echo asked" TERM; echo ready; while :; do sleep 0.05; done'];
      await driver.launch(scratch.plan({ argv, replicas: replicas([ref]) }));
      for await (const _ of driver.readLog({ group: "testgrp1", ...ref }, { follow: true })) break;
      await driver.stop([ref], { graceSeconds: 1 });
      scratch.killHost();
      const { outcome } = await watch.ended(ref);
      expect(outcome).toMatchObject({ exitCode: 137, signal: "SIGKILL", cause: "stopped" });
      expect(await text(driver, ref)).toContain("asked");
    });
  });
}

describe("a session host", () => {
  it("when killed with -9 still tells which sessions could not be started", async () => {
    const scratch = newScratch("bubblewrap");
    const driver = await scratch.open();
    const watch = new DriverWatch(driver);
    const group = refs(20);
    const mounts = [{ source: "/no/such/folder", target: "/arc/projects", readOnly: true }];
    const launch = driver.launch(
      scratch.plan({ argv: ["true"], replicas: replicas(group), mounts, workingDirectory: "/arc/projects" }),
    );
    const [first] = group;
    if (first === undefined) throw new Error("no session");
    await watch.running(first);
    scratch.killHost();
    await launch;
    const ends = await Promise.all(group.map((ref) => watch.ended(ref)));
    expect(ends.map(({ outcome }) => outcome?.cause)).toEqual(group.map(() => "not-started"));
  });
});

describe("the process driver", () => {
  it("tells two drivers on one data folder the same, from one host", async () => {
    const scratch = newScratch("bubblewrap");
    const [one, two] = await Promise.all([scratch.open(), scratch.open()]);
    const watches = [new DriverWatch(one), new DriverWatch(two)];
    const group = refs(2);
    await Promise.all(
      [one, two].map((driver) =>
        driver.launch(scratch.plan({ argv: ["echo", "once"], replicas: replicas(group) })),
      ),
    );
    for (const watch of watches) {
      const ends = await Promise.all(group.map((ref) => watch.ended(ref)));
      expect(ends.map(({ outcome }) => outcome?.exitCode)).toEqual([0, 0]);
    }
    for (const ref of group) expect(await text(two, ref)).toEqual(["once"]);
  });

  it("hands running sessions to a host with other options", async () => {
    const scratch = newScratch("none");
    const driver = await scratch.open();
    const watch = new DriverWatch(driver);
    const [ref] = refs(1);
    if (ref === undefined) throw new Error("no session");
    await driver.launch(scratch.plan({ argv: ["sleep", "1000"], replicas: replicas([ref]) }));
    await watch.running(ref);
    await driver.close();
    const before = scratch.hostPid;
    const next = await scratch.open({ passEnvironment: { HTTP_PROXY: "http://proxy" } });
    expect(scratch.hostPid).not.toBe(before);
    expect((await next.list()).map(({ phase }) => phase)).toEqual(["running"]);
  });

  it("leaves no host behind when it closes and nothing runs", async () => {
    const scratch = newScratch("none");
    const driver = await scratch.open();
    const pid = scratch.hostPid;
    expect(pid).not.toBeNull();
    await driver.close();
    await expect.poll(() => scratch.hostPid).toBeNull();
  });
});

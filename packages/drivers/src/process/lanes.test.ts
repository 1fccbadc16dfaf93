import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import type { LaunchPlan, Observation } from "../session-driver.ts";
import { DriverWatch } from "../watch-driver.ts";
import { openCgroups } from "./cgroup/cgroup.ts";
import { hostFolders } from "./host/host-folders.ts";
import type { ProcessDriver, ProcessDriverOptions } from "./process-driver.ts";
import { ScratchDriver } from "./scratch-driver.ts";

const cgroups = openCgroups("canfar-test");
const hasCgroups = typeof cgroups !== "string";
if (hasCgroups) cgroups.close();

let scratch: ScratchDriver;
afterEach(async () => {
  await scratch.dispose();
});

async function open(options: Partial<ProcessDriverOptions>): Promise<ProcessDriver> {
  scratch = new ScratchDriver(options);
  return await scratch.open();
}

function replicas(count: number): LaunchPlan["replicas"] {
  return Array.from({ length: count }, (_, at) => ({
    sessionId: `l${String(at).padStart(7, "0")}`,
    attempt: 1,
    name: `lane-${at + 1}`,
    index: at + 1,
    env: { REPLICA_ID: String(at + 1) },
  }));
}

async function run(
  driver: ProcessDriver,
  script: string,
  change: Partial<LaunchPlan> = {},
): Promise<{ ends: Observation[]; texts: string[][] }> {
  const group = change.replicas ?? replicas(12);
  const watch = new DriverWatch(driver);
  const plan = {
    argv: ["sh", "-c", script],
    replicas: group,
    replicaCount: group.length,
    slots: 1,
    ...change,
  };
  await driver.launch(scratch.plan(plan));
  const ends = await Promise.all(group.map((replica) => watch.ended(replica)));
  const texts = await Promise.all(
    group.map(async (replica) => {
      const parts = await Array.fromAsync(
        driver.readLog({ group: "testgrp1", ...replica }, { follow: true }),
      );
      return parts.flat().map(({ text }) => text);
    }),
  );
  watch.close();
  return { ends, texts };
}

for (const sandbox of ["bubblewrap", "none"] as const) {
  describe(`sessions that share a lane (sandbox: ${sandbox})`, () => {
    it("run in their order, one at a time where there is one slot", async () => {
      const driver = await open({ sandbox, slots: 1 });
      await run(
        driver,
        'test ! -e "$HOME/busy" && : > "$HOME/busy" && echo "$REPLICA_ID" >> "$HOME/order"; rm "$HOME/busy"',
      );
      const order = readFileSync(join(scratch.home, "order"), "utf8").trim().split("\n").map(Number);
      expect(order).toEqual(replicas(12).map(({ index }) => index));
      expect(readdirSync(hostFolders(scratch.dataFolder).lanes)).toHaveLength(1);
    });

    it("find an empty scratch folder, the variables of their own, and their own lines only", async () => {
      const driver = await open({ sandbox, slots: 2 });
      const group = replicas(12).map((replica) => {
        const own = { [`ONLY_${replica.index}`]: "it's\nmine", REPLICA_ID: String(replica.index) };
        return { ...replica, env: own };
      });
      const script = `ls -A "$SCRATCH"; echo "$REPLICA_ID"; env | grep -c ONLY_; mkdir -p "$SCRATCH/a/b"; printf rest`;
      const { texts } = await run(driver, script, { replicas: group, env: { SCRATCH: "/scratch" } });
      expect(texts).toEqual(group.map(({ index }) => [String(index), "1", "rest"]));
    });

    it("end alone when they signal all their relatives, or kill their parent", async () => {
      const driver = await open({ sandbox, slots: 2 });
      // The parent in a sandbox is its first process, which nobody inside can kill.
      const script =
        'case $REPLICA_ID in 3) kill 0; sleep 9;; 5) kill -9 $PPID; exit 5;; *) exit "$REPLICA_ID";; esac';
      const { ends } = await run(driver, script);
      const codes = ends.map(({ outcome }) => outcome?.exitCode);
      expect(codes.filter((_, at) => ![2, 4].includes(at))).toEqual([1, 2, 4, 6, 7, 8, 9, 10, 11, 12]);
      expect(codes[2]).toBe(143);
      expect(ends[4]?.outcome?.cause).toBe("exited");
      expect(codes[4]).toBe(sandbox === "none" ? 137 : 5);
    });

    it("do not wait for a slot where their plan takes none", async () => {
      const driver = await open({ sandbox, slots: 1 });
      const watch = new DriverWatch(driver);
      const [first, second, third] = replicas(3);
      if (first === undefined || second === undefined || third === undefined) throw new Error("no sessions");
      const sleep = { argv: ["sleep", "1000"] };
      await driver.launch(scratch.plan({ ...sleep, replicas: [first, second], slots: 1 }));
      await driver.launch(scratch.plan({ ...sleep, replicas: [third], slots: 0 }));
      await Promise.all([watch.running(first), watch.running(third)]);
      expect(watch.of(second)).toEqual([]);
      await driver.stop([second], { graceSeconds: 0 });
      expect((await watch.ended(second)).startedAt).toBeUndefined();
    });

    it.skipIf(!hasCgroups)("are told what they used themselves (needs control groups)", async () => {
      const driver = await open({ sandbox, slots: 1 });
      const hungry = "head -c 60000000 /dev/zero | tail -c 60000000 > /dev/null";
      const { ends } = await run(driver, `case $REPLICA_ID in 2) ${hungry};; esac`, {
        replicas: replicas(4),
      });
      const peaks = ends.map(({ usage }) => usage?.peakMemoryBytes ?? 0);
      expect(peaks[1]).toBeGreaterThan(50e6);
      for (const peak of [peaks[0], peaks[2], peaks[3]]) expect(peak).toBeLessThan(20e6);
      const seconds = ends.map(({ usage }) => usage?.cpuSeconds ?? 0);
      expect(Math.min(...seconds)).toBeGreaterThan(0);
    });
  });
}

describe("without control groups", () => {
  const busy = "i=0; while [ $i -lt 300000 ]; do i=$((i + 1)); done";

  for (const sandbox of ["bubblewrap", "none"] as const) {
    it(`each session is told what it used (sandbox: ${sandbox})`, async () => {
      const driver = await open({ sandbox, slots: 2, controlGroups: false });
      const { ends } = await run(driver, `case $REPLICA_ID in 2) ${busy};; esac; sleep 0.2`, {
        replicas: replicas(3),
      });
      const seconds = ends.map(({ usage }) => usage?.cpuSeconds ?? Number.NaN);
      expect(seconds[1]).toBeGreaterThan(0.05);
      expect(Math.max(seconds[0] ?? 9, seconds[2] ?? 9)).toBeLessThan(seconds[1] ?? 0);
      for (const { usage } of ends) expect(usage?.peakMemoryBytes).toBeGreaterThan(100_000);
    });

    it(`nothing that a session left running outlives it (sandbox: ${sandbox})`, async () => {
      const driver = await open({ sandbox, slots: 2, controlGroups: false });
      const { ends, texts } = await run(driver, "(setsid sleep 1000 &); echo gone");
      expect(texts).toEqual(ends.map(() => ["gone"]));
      const left = readdirSync("/proc").filter((pid) => environOf(pid).includes("\0CANFAR_ATTEMPT=l00000"));
      expect(left).toEqual([]);
    });
  }
});

function environOf(pid: string): string {
  const file = `/proc/${pid}/environ`;
  try {
    return existsSync(file) ? `\0${readFileSync(file, "utf8")}` : "";
  } catch {
    return ""; // It has ended meanwhile.
  }
}

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openDatabase, Records, silentLog, systemClock } from "@canfar/platform";
import { FakeDriver } from "@canfar/testing";
import type { GroupRecord } from "../packages/platform/src/records/group-store.ts";
import { AdmissionQueue } from "../packages/platform/src/services/admission/admission-queue.ts";
import { capacityOf } from "../packages/platform/src/services/admission/demand.ts";
import { Ledger } from "../packages/platform/src/services/admission/ledger.ts";
import { Launcher } from "../packages/platform/src/services/launcher.ts";
import type { Figure } from "./main.ts";
import { median } from "./measure.ts";

const GROUPS = 1000;
const REPLICAS = 100;
const USERS = 20;
const PLACES = 32;
const ADMISSIONS = 5000;
const ROUNDS = 5;

/**
 * What the queue itself costs: Sessions of 1,000 Groups of 20 users start over the fake driver, with 100,000 in the queue,
 * 32 at a time, each batch after the one before has ended. The write of the ends is not counted: it is the observer's.
 */
export async function measure(): Promise<Figure[]> {
  const folder = mkdtempSync(join(tmpdir(), "canfar-bench-admission-"));
  try {
    const bench = new Bench(join(folder, "records.sqlite"));
    bench.fill();
    bench.admit(ADMISSIONS);
    const rounds = Array.from({ length: ROUNDS }, () => bench.admit(ADMISSIONS));
    const value = median(rounds.map(({ cpuSeconds }) => cpuSeconds));
    const seconds = median(rounds.map((round) => round.seconds));
    const from = {
      perSecondOfCpu: ADMISSIONS / value,
      wallSeconds: seconds,
      queued: GROUPS * REPLICAS,
      groups: GROUPS,
    };
    return [{ name: "CPU of 5,000 admissions with 100,000 in the queue", value, unit: "s", target: 1, from }];
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

class Bench {
  readonly #records: Records;
  readonly #ledger: Ledger;
  readonly #queue: AdmissionQueue;

  constructor(path: string) {
    const machine = { cores: 16, memoryGiB: 64, gpus: 0 };
    const [clock, log] = [systemClock, silentLog];
    const records = new Records(openDatabase(path));
    const capacity = capacityOf({ machine, places: PLACES, memoryGiB: 4 });
    this.#records = records;
    this.#ledger = new Ledger({ records, capacity, clock });
    const launcher = new Launcher({
      ...{ driver: new FakeDriver(), records, clock, log, graceSeconds: 0, onRefused: () => undefined },
      surroundings: {
        ...{ hostname: "localhost", origin: "http://localhost", innerOrigin: "http://localhost", capacity },
        ...{ homes: "/", projects: "/", groups: "/", sessionTools: "/", command: null },
        ...{ maxProcesses: 1, longestLifetimeSeconds: 1 },
      },
      issueCredential: async () => "",
    });
    const ledger = this.#ledger;
    this.#queue = new AdmissionQueue({
      ...{ records, ledger, launcher, weights: {}, keepsSlots: false, clock, log },
    });
  }

  fill(): void {
    for (let number = 0; number < GROUPS; number += 1) {
      const username = `user-${number % USERS}`;
      this.#records.write(() => {
        const group = this.#records.groups.insert(groupOf(`g${number}`, username));
        for (let index = 1; index <= REPLICAS; index += 1) {
          this.#ledger.insert(
            {
              ...{
                id: `g${number}-${index}`,
                groupId: group.id,
                username,
                name: "bench",
                replicaIndex: index,
              },
              ...{ phase: "queued", reason: "Queued", message: "", createdAt: group.createdAt, held: 0 },
            },
            group,
          );
        }
      });
    }
  }

  /** Seconds in the queue, of the clock and of the processor, for this many admissions. */
  admit(count: number): { seconds: number; cpuSeconds: number } {
    let [seconds, cpuSeconds] = [0, 0];
    for (let admitted = 0; admitted < count; ) {
      const [start, cpu] = [performance.now(), process.cpuUsage()];
      this.#queue.admit();
      const { user, system } = process.cpuUsage(cpu);
      seconds += (performance.now() - start) / 1000;
      cpuSeconds += (user + system) / 1e6;
      const active = this.#records.sessions.active();
      if (active.length === 0) throw new Error("nothing was admitted");
      admitted += active.length;
      this.#records.write(() => {
        for (const session of active) this.#ledger.change(session, { phase: "ended", status: "Completed" });
      });
    }
    return { seconds, cpuSeconds };
  }
}

function groupOf(id: string, username: string): GroupRecord {
  return {
    ...{ id, username, name: "bench", kind: "headless", image: "images/bench", interactive: false },
    ...{ sequence: 0, replicaCount: REPLICAS, lifetimeSeconds: 1, createdAt: new Date().toISOString() },
    ...{ requestId: null, requestDigest: "", stopped: null, released: true, failedBefore: 0 },
    logsRemovedAt: null,
    details: {
      ...{ user: { uid: 1, gid: 1, groups: [] }, image: { digest: "", recipe: null } },
      ...{ command: "sleeper", args: [], env: {}, resources: {} },
      allocation: {
        ...{ mode: "flexible", requestedCores: 1, coresLimit: 16, requestedMemoryGiB: 4, memoryLimitGiB: 64 },
        gpus: 0,
      },
    },
  };
}

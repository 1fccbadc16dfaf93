/** A batch over items, while everything around it is killed: nothing is lost, nothing is counted twice. */
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Group, Item, LaunchAnswer } from "@canfar/contract";
import { ScratchPlatform } from "@canfar/testing/scratch-platform";
import { expect, onTestFinished, test } from "vitest";

const ITEMS = 160;
const REPLICAS = 4;
/** How often something is killed; more of them with CANFAR_KILLS. */
const KILLS = Number(process.env.CANFAR_KILLS ?? 8);

for (const split of ["dynamic", "stripe"] as const) {
  test(
    `items dealt by ${split} survive kill -9 of the server, of the host and of replicas`,
    { timeout: 300_000 },
    () => story(split),
  );
}

async function story(split: "dynamic" | "stripe"): Promise<void> {
  const platform = await ScratchPlatform.start();
  onTestFinished(() => platform.remove());
  await platform.login();
  const api = new Api(platform, (await platform.canfar(["auth", "token"])).stdout.trim());
  const list = Array.from({ length: ITEMS }, (_, at) => `img_${at}.fits`);
  const gate = new Gate(platform.arc(join("home", platform.username)));
  gate.close();
  const { group } = await api.post<LaunchAnswer>("/canfar/v1/group", {
    ...{ name: "survivor", kind: "headless", image: "skaha/terminal", replicas: REPLICAS },
    ...{ command: "sh", args: ["-c", GATED, "sh", "{}"] },
    items: { list, split, setAsideAfter: 1000 },
  });
  const path = `/canfar/v1/group/${group}`;
  let replicasKilled = 0;
  for (let kill = 0; kill < KILLS; kill += 1) {
    await gate.letThrough(Math.floor(((kill + 1) * ITEMS) / (KILLS + 4)));
    switch (kill % 4) {
      case 0:
        await platform.kill();
        // The replicas go on without it.
        await gate.letThrough(gate.passed().length + REPLICAS);
        await platform.up();
        break;
      case 2:
        process.kill(Number(readFileSync(join(platform.data, "host", "pid"), "utf8")), "SIGKILL");
        break;
      default:
        replicasKilled += killReplica(await api.sessionsOf(path));
        await rerunFailed(api, path);
    }
  }
  gate.open();
  await expect.poll(() => isEnded(api, path), { timeout: 120_000, interval: 100 }).toBe(true);
  const { counts, items: itemCounts } = await api.get<Group>(path);
  expect(replicasKilled).toBeGreaterThan(0);
  expect(counts.completed).toBe(REPLICAS);
  expect(itemCounts).toEqual({ total: ITEMS, done: ITEMS, failed: 0, setAside: 0 });
  const items = await api.get<Item[]>(`${path}/items`);
  expect(items.filter(({ state }) => state !== "done")).toEqual([]);
  expect(items.map(({ item }) => item).sort()).toEqual(list.toSorted());
  // Each was run, and again only where its replica was killed at it.
  expect(new Set(gate.passed()).size).toBe(ITEMS);
  expect(gate.passed().length).toBeLessThanOrEqual(ITEMS + replicasKilled);
  const done = recordedAsDone(join(platform.data, "groups", group, "progress", "journal"));
  expect(done).toHaveLength(ITEMS);
  expect(new Set(done).size).toBe(ITEMS);
  const listed = await platform.canfar(["items", "survivor", "--state", "done", "-q"]);
  expect(listed.stdout.trim().split("\n")).toHaveLength(ITEMS);
}

/** What is done with an item: it waits at the gate, then is written down. */
const GATED = 'while [ -e "$HOME/closed" ]; do sleep 0.05; done; echo "$1" >> "$HOME/passed"; sleep 0.05';

/** Lets the batch go on as far as the story needs it, so that each kill comes in the middle. */
class Gate {
  readonly #home: string;

  constructor(home: string) {
    this.#home = home;
    mkdirSync(home, { recursive: true });
  }

  close(): void {
    writeFileSync(join(this.#home, "closed"), "");
  }

  open(): void {
    rmSync(join(this.#home, "closed"));
  }

  /** Items that went through, each as often as it did. */
  passed(): string[] {
    return readLines(join(this.#home, "passed"));
  }

  async letThrough(count: number): Promise<void> {
    this.open();
    await expect
      .poll(() => this.passed().length, { timeout: 60_000, interval: 20 })
      .toBeGreaterThanOrEqual(count);
    this.close();
  }
}

class Api {
  readonly #platform: ScratchPlatform;
  readonly #token: string;

  constructor(platform: ScratchPlatform, token: string) {
    this.#platform = platform;
    this.#token = token;
  }

  get<T>(path: string): Promise<T> {
    return this.#fetch(path, {});
  }

  post<T>(path: string, body: object): Promise<T> {
    return this.#fetch(path, { method: "POST", body: JSON.stringify(body) });
  }

  async sessionsOf(path: string): Promise<Set<string>> {
    return new Set((await this.get<{ id: string }[]>(`${path}/session`)).map(({ id }) => id));
  }

  async #fetch<T>(path: string, init: RequestInit): Promise<T> {
    const headers = { authorization: `Bearer ${this.#token}`, "content-type": "application/json" };
    const response = await fetch(`${this.#platform.url}${path}`, { ...init, headers });
    expect(response.status, await response.clone().text()).toBe(200);
    return (await response.json()) as T;
  }
}

async function isEnded(api: Api, path: string): Promise<boolean> {
  const { counts } = await api.get<Group>(path);
  return counts.pending + counts.running === 0;
}

/** Runs failed replicas again, as soon as there are any. */
async function rerunFailed(api: Api, path: string): Promise<void> {
  const failed = async () => (await api.get<Group>(path)).counts.failed;
  await expect.poll(failed, { timeout: 60_000, interval: 100 }).toBeGreaterThan(0);
  await api.post(`${path}/rerun`, {});
}

/** `kill -9` of everything in one of these Sessions that runs. @returns how many were killed: one, or none */
function killReplica(sessions: ReadonlySet<string>): number {
  const members = new Map<string, number[]>();
  for (const pid of readdirSync("/proc").filter((name) => /^\d+$/.test(name))) {
    const environment = readEnvironment(pid);
    const session = environment.skaha_sessionid ?? "";
    if (!sessions.has(session)) continue;
    members.set(session, [...(members.get(session) ?? []), Number(pid)]);
  }
  const [pids = []] = members.values();
  for (const pid of pids) {
    try {
      process.kill(pid, "SIGKILL");
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error; // Short-lived ones have gone by themselves.
    }
  }
  return pids.length > 0 ? 1 : 0;
}

function readEnvironment(pid: string): Record<string, string> {
  try {
    const entries = readFileSync(`/proc/${pid}/environ`, "utf8").split("\0");
    return Object.fromEntries(entries.map((entry) => entry.split(/=(.*)/s).slice(0, 2)));
  } catch {
    return {}; // Ended meanwhile, or somebody else's.
  }
}

function readLines(path: string): string[] {
  try {
    return readFileSync(path, "utf8").split("\n").slice(0, -1);
  } catch {
    return []; // Nothing has run yet.
  }
}

/** Positions of the items that replicas recorded as done, each as often as it was. */
function recordedAsDone(journal: string): string[] {
  return readdirSync(journal).flatMap((replica) =>
    readdirSync(join(journal, replica)).flatMap((block) =>
      readLines(join(journal, replica, block))
        .filter((line) => line.startsWith("done "))
        .map((line) => line.split(" ")[1] ?? ""),
    ),
  );
}

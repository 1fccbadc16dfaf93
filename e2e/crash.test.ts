/**
 * The server is killed with -9 at random moments in the middle of a large batch. Nothing may be lost, nothing may run
 * twice. By hand, with more: CANFAR_CRASH_REPLICAS=2000 CANFAR_CRASH_ROUNDS=100 CANFAR_CRASH_SEED=7 npx vitest run
 * e2e/crash.test.ts
 */
import { existsSync, readFileSync } from "node:fs";
import { request } from "node:http";
import { join } from "node:path";
import type { Group, LaunchAnswer, LaunchRequestInput } from "@canfar/contract";
import { ScratchPlatform } from "@canfar/testing/scratch-platform";
import { afterAll, beforeAll, expect, test } from "vitest";

const ROUNDS = Number(process.env.CANFAR_CRASH_ROUNDS ?? 5);
const REPLICAS = Number(process.env.CANFAR_CRASH_REPLICAS ?? 500);
const SEED = Number(process.env.CANFAR_CRASH_SEED ?? 1);
/** Of each Item, so that four at a time last about as long as the restarts. */
const PAUSE_SECONDS = ((12 * ROUNDS) / REPLICAS).toFixed(2);
const LONG_MS = 60 * 60_000;

/** Equal numbers for equal seeds, from 0 to 1 (Mulberry32). */
function randomNumbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}

/** A platform, and the way to its API as its first user. */
class Story {
  readonly platform: ScratchPlatform;
  readonly #token: string;

  private constructor(platform: ScratchPlatform, token: string) {
    this.platform = platform;
    this.#token = token;
  }

  static async begin(): Promise<Story> {
    const platform = await ScratchPlatform.start();
    await platform.login();
    return new Story(platform, (await platform.canfar(["auth", "token"])).stdout.trim());
  }

  get headers(): Record<string, string> {
    return { authorization: `Bearer ${this.#token}`, "content-type": "application/json" };
  }

  async get<T>(path: string): Promise<T> {
    const response = await fetch(`${this.platform.url}/canfar/v1${path}`, { headers: this.headers });
    if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
    return (await response.json()) as T;
  }

  async launch(change: Partial<LaunchRequestInput>): Promise<LaunchAnswer> {
    const response = await fetch(`${this.platform.url}/canfar/v1/group`, {
      method: "POST",
      headers: this.headers,
      body: JSON.stringify({ ...BATCH, ...change }),
    });
    if (!response.ok) throw new Error(`${response.status} ${await response.text()}`);
    return (await response.json()) as LaunchAnswer;
  }

  async named(name: string): Promise<Group[]> {
    return (await this.get<Group[]>("/group")).filter((group) => group.name === name);
  }

  /** Lines of a file in the user's home, as numbers. */
  numbers(name: string): number[] {
    const file = this.platform.arc(join("home", this.platform.username, name));
    return existsSync(file) ? readFileSync(file, "utf8").split("\n").slice(0, -1).map(Number) : [];
  }

  async ended(id: string): Promise<Group> {
    const open = async () => {
      const { pending, running } = (await this.get<Group>(`/group/${id}`)).counts;
      return pending + running;
    };
    await expect.poll(open, { timeout: LONG_MS, interval: 200 }).toBe(0);
    return await this.get<Group>(`/group/${id}`);
  }
}

let story: Story;

beforeAll(async () => {
  story = await Story.begin();
});
afterAll(() => story.platform.remove());

const BATCH = { kind: "headless", image: "skaha/terminal:latest", name: "crash" } as const;

const upTo = (count: number) => Array.from({ length: count }, (_, at) => at + 1);
const sorted = (numbers: readonly number[]) => numbers.toSorted((a, b) => a - b);

/**
 * Kills the server after random steps of progress, which are ROUNDS in all on average, and starts it again; now and then
 * once more, before it has found out what happened. The last tenth is left alone.
 *
 * @param options.file in which each Replica or Item leaves a line
 * @returns how often it was killed
 */
async function killInTheMiddle({ file, random }: { file: string; random: () => number }): Promise<number> {
  const progress = () => story.numbers(file).length;
  const step = (2 * 0.9 * REPLICAS) / ROUNDS;
  let kills = 0;
  while (kills < ROUNDS && progress() < 0.9 * REPLICAS) {
    const moment = Math.min(progress() + Math.ceil(random() * step), Math.floor(0.9 * REPLICAS));
    await expect.poll(progress, { timeout: LONG_MS, interval: 5 }).toBeGreaterThanOrEqual(moment);
    for (let again = true; again; again = random() < 0.2) {
      await story.platform.kill();
      kills += 1;
      await story.platform.up();
    }
  }
  return kills;
}

test(
  `a server killed ${ROUNDS} times in ${REPLICAS} replicas loses none, runs none twice, and knows every exit code`,
  async () => {
    const random = randomNumbers(SEED);
    const script = 'echo "$REPLICA_ID" >> $HOME/ran; echo "line of $REPLICA_ID"; exit $((REPLICA_ID % 11))';
    const { group } = await story.launch({
      ...{ command: "sh", args: ["-c", script], replicas: REPLICAS, name: "many" },
      requestId: "crash-many",
    });
    const kills = await killInTheMiddle({ file: "ran", random });
    expect(kills).toBeGreaterThan(0);
    const { counts } = await story.ended(group);
    expect(sorted(story.numbers("ran"))).toEqual(upTo(REPLICAS));
    const failed = upTo(REPLICAS).filter((index) => index % 11 !== 0).length;
    expect(counts).toEqual({ pending: 0, running: 0, completed: REPLICAS - failed, failed });
    const replicas = await story.get<{ replicaIndex: number; exitCode: number; attempt: number }[]>(
      `/group/${group}/session`,
    );
    expect(replicas.map(({ replicaIndex, exitCode, attempt }) => [replicaIndex, exitCode, attempt])).toEqual(
      upTo(REPLICAS).map((index) => [index, index % 11, 1]),
    );
    expect(await story.named("many")).toHaveLength(1);
    const report = await story.get<{ causes: { count: number; pattern: string }[] }>(
      `/group/${group}/report`,
    );
    expect(report.causes.map(({ pattern }) => pattern)).toEqual(upTo(10).map(() => "line of <number>"));
    expect(report.causes.reduce((sum, { count }) => sum + count, 0)).toBe(failed);
  },
  LONG_MS,
);

test(
  "a server killed while items are handed out has each done once, and none forgotten",
  async () => {
    const random = randomNumbers(SEED + 1);
    const count = REPLICAS;
    const { group } = await story.launch({
      ...{
        command: "sh",
        args: ["-c", `sleep ${PAUSE_SECONDS}; echo "$0" >> $HOME/done; [ $(($0 % 50)) -ne 0 ]`, "{}"],
        name: "items",
      },
      // Items go on while no server is there, Replicas do not start: many with a few each.
      ...{ replicas: Math.ceil(count / 10), items: { list: upTo(count).map(String), split: "balanced" } },
    });
    const kills = await killInTheMiddle({ file: "done", random });
    expect(kills).toBeGreaterThan(0);
    const { items } = await story.ended(group);
    const failed = Math.floor(count / 50);
    expect(sorted(story.numbers("done"))).toEqual(upTo(count));
    expect(items).toMatchObject({ total: count, done: count - failed });
    expect((items?.failed ?? 0) + (items?.setAside ?? 0)).toBe(failed);
    const { causes } = await story.get<{ causes: { files: string[]; fileCount: number }[] }>(
      `/group/${group}/report`,
    );
    expect(causes.map(({ fileCount }) => fileCount)).toEqual([failed]);
    expect(sorted(causes[0]?.files.map(Number) ?? [])).toEqual(upTo(failed).map((each) => each * 50));
  },
  LONG_MS,
);

test("a request whose sender dies before the answer is known again by its id, whole or not at all", async () => {
  const body = JSON.stringify({ ...BATCH, name: "once", command: "true", replicas: 300, requestId: "once" });
  // Half of it: nothing may come of that.
  await die(story, body.slice(0, body.length / 2), body.length);
  expect(await story.named("once")).toEqual([]);
  // All of it, and nobody waits for the answer.
  await die(story, body, body.length);
  await expect.poll(async () => (await story.named("once")).length).toBe(1);
  const first = await story.named("once");
  const again = await story.launch({ name: "once", command: "true", replicas: 300, requestId: "once" });
  expect(again.group).toBe(first[0]?.id);
  expect(again.sessions).toHaveLength(300);
  expect(await story.named("once")).toHaveLength(1);
  await story.platform.canfar(["delete", "-y", again.group]);
});

test("a server that is killed when a request has just reached it has all of the group, or nothing", async () => {
  const body = JSON.stringify({
    ...BATCH,
    name: "killed",
    command: "true",
    replicas: 2000,
    requestId: "killed",
  });
  const sent = die(story, body, body.length, false).catch(() => {});
  await story.platform.kill();
  await sent;
  await story.platform.up();
  const found = await story.named("killed");
  expect([0, 2000]).toContain(found.reduce((sum, { replicaCount }) => sum + replicaCount, 0));
  const again = await story.launch({ name: "killed", command: "true", replicas: 2000, requestId: "killed" });
  expect(again.sessions).toHaveLength(2000);
  expect(await story.named("killed")).toHaveLength(1);
  await story.platform.canfar(["delete", "-y", again.group]);
});

test("a replica that a signal ends is told as such, and the others do not notice", async () => {
  const { group } = await story.launch({
    ...{
      command: "sh",
      args: ["-c", "case $REPLICA_ID in 2) kill -KILL $$;; 3) kill -SEGV $$;; esac; echo on"],
    },
    replicas: 4,
  });
  await story.ended(group);
  const replicas = await story.get<{ exitCode: number; status: string }[]>(`/group/${group}/session`);
  expect(replicas.map(({ exitCode, status }) => [exitCode, status])).toEqual([
    [0, "Completed"],
    [137, "Failed"],
    [139, "Failed"],
    [0, "Completed"],
  ]);
  const { causes } = await story.get<{ causes: object[] }>(`/group/${group}/report`);
  expect(causes).toMatchObject([
    { signal: "SIGKILL", exitCode: 137, replicas: "2" },
    { signal: "SIGSEGV", exitCode: 139, replicas: "3" },
  ]);
});

test("a replica that becomes a daemon ends with its program, and nothing of it goes on", async () => {
  // The second fork has a session of its own, and has closed everything that it came with.
  const daemon =
    '(setsid sh -c "(while :; do echo x >> $HOME/beats; sleep 0.05; done) & exit" </dev/null >/dev/null 2>&1 &)';
  const { group } = await story.launch({
    ...{ command: "sh", args: ["-c", `${daemon}; until [ -s $HOME/beats ]; do sleep 0.05; done; exit 4`] },
  });
  expect(await story.ended(group)).toMatchObject({ counts: { failed: 1 }, session: { exitCode: 4 } });
  const beats = story.numbers("beats").length;
  expect(beats).toBeGreaterThan(0);
  // Another Session takes longer than the daemon's heart would stand still.
  const { group: next } = await story.launch({ command: "sleep", args: ["0.5"] });
  await story.ended(next);
  expect(story.numbers("beats").length).toBe(beats);
});

/** Sends a body, or a part of it, as a client that then dies. @param dies false: it waits for the end of the connection */
async function die(story: Story, part: string, length: number, dies = true): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    const headers = { ...story.headers, "content-length": length };
    const sent = request(`${story.platform.url}/canfar/v1/group`, { method: "POST", headers });
    sent.on("error", (error) => (dies ? resolve() : reject(error)));
    sent.on("close", resolve);
    sent.write(part, () => {
      if (dies) setImmediate(() => sent.destroy());
      else resolve();
    });
  });
}

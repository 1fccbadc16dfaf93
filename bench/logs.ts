import { spawn } from "node:child_process";
import { readdirSync, writeFileSync } from "node:fs";
import { type IncomingMessage, request } from "node:http";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { Worker } from "node:worker_threads";
import { ScratchPlatform } from "@canfar/testing/scratch-platform";
import type { Figure } from "./main.ts";
import { type Command, median } from "./measure.ts";

const LINES = 300;
const MEGABYTES = 100;
const ROUNDS = 5;
const REPLICAS = 10_000;
const IMAGE = "skaha/terminal:latest";

/** Logs through the real server: a line's way to who follows it, a long log, and the files of a large Group. */
export async function measure(): Promise<Figure[]> {
  await using platform = await ScratchPlatform.start();
  await platform.login();
  const token = (await platform.canfar(["auth", "token"])).stdout.trim();
  const server = { platform, token };
  return [await latency(server), await throughput(server), ...(await largeGroup(server))];
}

interface LoggedIn {
  readonly platform: ScratchPlatform;
  readonly token: string;
}

/**
 * Each line is the time at which it was written; `canfar logs -f` prints it, and it is read here. At the same time
 * `tail -f` follows a plain file with such lines: the machine's own hesitation is in both.
 */
async function latency(server: LoggedIn): Promise<Figure> {
  const { platform } = server;
  const gate = platform.arc(join("home", platform.username, "go"));
  // It begins when the followers are there: how long a command takes to start is measured elsewhere.
  const script = (go: string) =>
    `echo ready; while [ ! -e ${go} ]; do sleep 0.05; done; i=0; while [ $i -lt ${LINES} ]; do date +%s%N; sleep 0.02; i=$((i+1)); done`;
  const words = ["-n", "ticker", "headless", IMAGE, "--", "sh", "-c", script("$HOME/go")];
  const [id = ""] = await create(server, words);
  const file = join(platform.home, "ticker.txt");
  writeFileSync(file, "");
  const writer = spawn("sh", ["-c", `{ ${script(gate)}; } > ${file}`], { stdio: "ignore" });
  const command = join(import.meta.dirname, "../node_modules/.bin/canfar");
  const ready: string[] = [];
  const open = (follower: string) => {
    ready.push(follower);
    if (ready.length === 2) writeFileSync(gate, "");
  };
  const [ours, plain] = await Promise.all([
    ages({ program: command, words: ["logs", "-f", id], env: platform.env }, () => open("ours")),
    ages({ program: "tail", words: ["-f", `--pid=${writer.pid}`, file] }, () => open("plain")),
  ]);
  return {
    name: "a line from its write to the stdout of canfar logs -f, 99th percentile",
    ...{ value: share(ours, 0.99), unit: "s", target: 0.2 },
    from: {
      ...{ median: share(ours, 0.5), longest: share(ours, 1), lines: LINES },
      ...{ tailOfFile: share(plain, 0.99), tailOfFileMedian: share(plain, 0.5) },
    },
  };
}

/** How old each line is when it comes, in seconds. @param onReady called at the line before them */
async function ages({ program, words, env = process.env }: Command, onReady: () => void): Promise<number[]> {
  const child = spawn(program, words, { env, stdio: ["ignore", "pipe", "ignore"] });
  const seconds: number[] = [];
  for await (const line of createInterface({ input: child.stdout })) {
    if (line === "ready") onReady();
    else seconds.push((performance.timeOrigin + performance.now()) / 1000 - Number(line) / 1e9);
  }
  if (seconds.length !== LINES) throw new Error(`${seconds.length} of ${LINES} lines came from ${program}`);
  return seconds;
}

function share(values: readonly number[], part: number): number {
  return values.toSorted((a, b) => a - b)[Math.floor(part * (values.length - 1))] ?? Number.NaN;
}

/** A log of lines of 100 bytes, against a file with the same bytes from a plain server, in turn. */
async function throughput(server: LoggedIn): Promise<Figure> {
  const { platform, token } = server;
  const bytes = MEGABYTES * 1e6;
  const print = `yes "$(printf %099d 0)" | head -c ${bytes}`;
  const [id = ""] = await create(server, ["-n", "long", "headless", IMAGE, "--", "sh", "-c", print]);
  await untilEnded(server, id);
  const file = join(platform.home, "same.txt");
  writeFileSync(file, `${"0".repeat(99)}\n`.repeat(bytes / 100));
  const plain = new Worker(new URL("./plain-server.ts", import.meta.url), { workerData: { file } });
  try {
    const port = await new Promise<number>((resolve, reject) => {
      plain.once("message", resolve).once("error", reject);
    });
    const pairs: [number, number][] = [];
    for (let round = 0; round <= ROUNDS; round += 1) {
      const log = `${platform.url}/skaha/v1/session/${id}?view=logs`;
      const pair: [number, number] = [
        await download(log, { bytes, token }),
        await download(`http://127.0.0.1:${port}/`, { bytes }),
      ];
      if (round > 0) pairs.push(pair); // The first round warms both.
    }
    const value = median(pairs.map(([ours]) => ours));
    const baseline = median(pairs.map(([, cat]) => cat));
    return {
      name: `${MEGABYTES} MB of log over HTTP; 80 MB/s is the target`,
      ...{ value, unit: "s", target: MEGABYTES / 80 },
      from: { megabytesPerSecond: MEGABYTES / value, fileMegabytesPerSecond: MEGABYTES / baseline },
    };
  } finally {
    await plain.terminate();
  }
}

/** One line of each of many Replicas: how many files that makes, and how long the last lines of all take. */
async function largeGroup(server: LoggedIn): Promise<Figure[]> {
  const { platform, token } = server;
  const words = ["-n", "many", "--replicas", String(REPLICAS), "headless", IMAGE, "--"];
  const ids = await create(server, [...words, "sh", "-c", "echo $REPLICA_ID; exit $((REPLICA_ID % 2))"]);
  const first = (await ask(server, `/skaha/v1/session/${ids[0]}`)) as { group: string };
  const { group } = first;
  await untilGroupEnded(server, group);
  const files = readdirSync(join(platform.data, "logs", group)).length;
  const query = `tail=5&replicas=failed&grep=${encodeURIComponent("^[0-9]+$")}`;
  const seconds: number[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    const url = `${platform.url}/canfar/v1/group/${group}/logs?${query}`;
    const start = performance.now();
    const answer = await (await fetch(url, { headers: { authorization: `Bearer ${token}` } })).text();
    seconds.push((performance.now() - start) / 1000);
    const lines = answer.split("\n").length - 1;
    if (lines !== REPLICAS / 2) throw new Error(`${lines} lines of ${REPLICAS / 2} failed replicas came`);
  }
  return [
    {
      name: `files with the output of ${REPLICAS} replicas`,
      value: files,
      unit: "files",
      target: 32,
      from: {},
    },
    {
      name: `the last lines of the failed ones of ${REPLICAS} replicas, searched`,
      ...{ value: median(seconds), unit: "s", target: 1, from: { replicas: REPLICAS / 2 } },
    },
  ];
}

async function create({ platform }: LoggedIn, words: readonly string[]): Promise<string[]> {
  const { stdout, stderr, exitCode } = await platform.canfar(["create", "-q", ...words]);
  if (exitCode !== 0) throw new Error(`create failed: ${stderr}`);
  return stdout.trim().split("\n");
}

async function untilEnded(server: LoggedIn, id: string): Promise<void> {
  for (;;) {
    const { status } = (await ask(server, `/skaha/v1/session/${id}`)) as { status: string };
    if (status === "Completed") return;
    if (status === "Failed") throw new Error(`session ${id} failed`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

async function untilGroupEnded(server: LoggedIn, id: string): Promise<void> {
  for (;;) {
    const group = (await ask(server, `/canfar/v1/group/${id}`)) as { endedAt?: string };
    if (group.endedAt !== undefined) return;
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
}

async function ask({ platform, token }: LoggedIn, path: string): Promise<unknown> {
  const response = await fetch(`${platform.url}${path}`, { headers: { authorization: `Bearer ${token}` } });
  return await response.json();
}

/** In seconds. */
async function download(url: string, { bytes, token }: { bytes: number; token?: string }): Promise<number> {
  const start = performance.now();
  const headers = token === undefined ? {} : { authorization: `Bearer ${token}` };
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    request(url, { headers, agent: false }, resolve).once("error", reject).end();
  });
  let received = 0;
  for await (const chunk of response) received += (chunk as Buffer).length;
  if (received !== bytes) throw new Error(`${received} bytes came from ${url}`);
  return (performance.now() - start) / 1000;
}

import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { availableParallelism, loadavg, tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { ScratchPlatform } from "@canfar/testing/scratch-platform";
import { findProgram, installSystemPackages } from "../tools/system-packages.ts";
import { installHyperQueue, timeHyperQueue } from "./hyperqueue.ts";
import type { Figure } from "./main.ts";
import { median, time } from "./measure.ts";

const REPLICAS = 10_000;
const SANDBOXED = 2_000;
const ROUNDS = 3;
const IMAGE = "skaha/terminal:latest";
const LOOK_MS = 50;
const PARALLEL = { name: "parallel", program: "parallel", without: "there is nothing to compare with" };

/**
 * Thousands of Replicas of `true`, from `create` to the last one's end on record, each with its exit code and what it used:
 * as plain processes against HyperQueue and GNU parallel, in sandboxes against a bare loop of the same bubblewrap.
 */
export async function measure(): Promise<Figure[]> {
  return [...(await plainProcesses()), ...(await sandboxes())];
}

async function plainProcesses(): Promise<Figure[]> {
  installSystemPackages([PARALLEL], (line) => console.error(line));
  const python = await installHyperQueue();
  const cores = availableParallelism();
  const hasParallel = findProgram(PARALLEL.program) !== null;
  await using batch = await Batch.start("none");
  const rounds: { ours: number; hyperQueue: number; parallel: number }[] = [];
  await batch.run(200);
  for (let round = 0; round < ROUNDS; round += 1) {
    rounds.push({
      ours: await batch.run(REPLICAS),
      hyperQueue: await timeHyperQueue(python, REPLICAS, cores),
      parallel: hasParallel ? await timeParallel(REPLICAS, cores) : Number.NaN,
    });
  }
  const seconds = median(rounds.map(({ ours }) => ours));
  const against = (baseline: "hyperQueue" | "parallel", name: string): Figure => ({
    name: `${REPLICAS} replicas of true as plain processes / ${name}`,
    value: median(rounds.map((round) => round.ours / round[baseline])),
    unit: "ratio",
    target: 1,
    from: {
      seconds,
      baselineSeconds: median(rounds.map((round) => round[baseline])),
      load: loadavg()[0] ?? Number.NaN,
    },
  });
  const parallel = hasParallel ? [against("parallel", "GNU parallel --joblog")] : [];
  return [against("hyperQueue", "HyperQueue 0.27"), ...parallel];
}

async function timeParallel(count: number, jobs: number): Promise<number> {
  const folder = mkdtempSync(join(tmpdir(), "canfar-parallel-"));
  try {
    const words = `seq ${count} | parallel --will-cite -j${jobs} --joblog ${folder}/joblog true`;
    return await time({ program: "sh", words: ["-c", words] });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/**
 * Sessions are in control groups with a weight of their own, which a loop outside is not: the ratio says something on a
 * quiet machine only, so the load is told with it.
 */
async function sandboxes(): Promise<Figure[]> {
  const slots = availableParallelism();
  // One more for the Session whose sandbox is looked at, and whose files the bare ones show.
  await using batch = await Batch.start("bubblewrap", slots + 1);
  const words = await batch.sandboxWords();
  await batch.run(100);
  const pairs: [number, number][] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    pairs.push([await batch.run(SANDBOXED), await timeLoops(words, SANDBOXED, slots)]);
  }
  return [
    {
      name: `${SANDBOXED} replicas of true in sandboxes / a bare loop of the same bwrap`,
      value: median(pairs.map(([ours, bare]) => ours / bare)),
      unit: "ratio",
      target: 1 / 0.85,
      from: {
        seconds: median(pairs.map(([a]) => a)),
        baselineSeconds: median(pairs.map(([, b]) => b)),
        load: loadavg()[0] ?? Number.NaN,
      },
    },
  ];
}

/** As many loops at a time as there are slots; the status goes where it costs nothing. */
async function timeLoops(words: readonly string[], count: number, loops: number): Promise<number> {
  const loop =
    'n=$1; shift; while [ "$n" -gt 0 ]; do "$@" > /dev/null 3> /dev/null || exit 1; n=$((n - 1)); done';
  const each = Math.ceil(count / loops);
  const start = performance.now();
  await Promise.all(
    Array.from({ length: loops }, () =>
      time({ program: "sh", words: ["-c", loop, "sh", String(each), ...words, "true"] }),
    ),
  );
  return (performance.now() - start) / 1000;
}

/** A platform that runs batches and nothing else. */
class Batch implements AsyncDisposable {
  readonly #platform: ScratchPlatform;
  readonly #folder: string;
  #made = 0;

  private constructor(platform: ScratchPlatform, folder: string) {
    this.#platform = platform;
    this.#folder = folder;
  }

  static async start(sandbox: "none" | "bubblewrap", slots?: number): Promise<Batch> {
    const folder = mkdtempSync(join(tmpdir(), "canfar-bench-"));
    const config = join(folder, "config.yaml");
    writeFileSync(config, JSON.stringify({ sandbox, batch: slots === undefined ? {} : { flexible: slots } }));
    const platform = await ScratchPlatform.start({ arguments: ["--config", config] });
    await platform.login();
    return new Batch(platform, folder);
  }

  /** @returns seconds until all have ended. @throws Error where one has no exit code 0 or no usage on record */
  async run(replicas: number): Promise<number> {
    this.#made += 1;
    const name = `batch-${this.#made}`;
    const words = ["create", "-q", "-n", name, "--replicas", String(replicas), "headless", IMAGE, "--"];
    const start = performance.now();
    const { exitCode, stderr } = await this.#platform.canfar([...words, "true"]);
    if (exitCode !== 0) throw new Error(`create failed: ${stderr}`);
    using records = this.#records();
    const ended = records.prepare("SELECT COUNT(*) AS n FROM sessions WHERE phase = 'ended' AND name LIKE ?");
    while (Number(ended.get(`${name}-%`)?.n) < replicas) await pause(LOOK_MS);
    const seconds = (performance.now() - start) / 1000;
    const good = records.prepare(`
      SELECT COUNT(*) AS n FROM sessions JOIN attempts ON session_id = id
      WHERE name LIKE ? AND attempts.exit_code = 0 AND cpu_seconds >= 0`);
    const counted = Number(good.get(`${name}-%`)?.n);
    if (counted !== replicas) throw new Error(`only ${counted} of ${replicas} have exit code 0 and usage`);
    return seconds;
  }

  #records(): DatabaseSync {
    return new DatabaseSync(join(this.#platform.data, "platform.sqlite"), { readOnly: true });
  }

  /** The words before the program with which a sandboxed Session runs here: read from one that does. */
  async sandboxWords(): Promise<string[]> {
    const home = this.#platform.arc(join("home", this.#platform.username, "runs"));
    const script = `: > $HOME/runs; sleep 600`;
    const words = ["create", "-q", "headless", IMAGE, "--", "sh", "-c", script];
    await this.#platform.canfar(words);
    const folder = join(home, "..");
    while (!readdirSync(folder).includes("runs")) await pause(LOOK_MS);
    const bwrap = commandLines().find((line) => line[0] === "bwrap" && line.includes(script));
    if (bwrap === undefined) throw new Error("the sandbox of a running session is not to be found");
    return bwrap.slice(0, bwrap.indexOf("--") + 1);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#platform.remove();
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

function commandLines(): string[][] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map((pid) => {
      try {
        return readFileSync(`/proc/${pid}/cmdline`, "utf8").split("\0");
      } catch {
        return []; // It has ended meanwhile.
      }
    });
}

function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}

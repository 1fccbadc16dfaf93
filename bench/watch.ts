import { spawn } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { ScratchPlatform } from "@canfar/testing/scratch-platform";
import type { Figure } from "./main.ts";
import { median } from "./measure.ts";

const REPLICAS = 10_000;
/** Longer than watching pauses where a look takes long. */
const SECONDS = 60;
const ROUNDS = 3;
const IMAGE = "skaha/terminal:latest";
const TICKS_PER_SECOND = 100;

/**
 * What it costs to watch 10,000 Sessions, most of them waiting: of server and command together, in parts of a core;
 * `ps --watch` shows their Group, `ps --watch NAME` each of them. The server alone, in turn, is taken off.
 */
export async function measure(): Promise<Figure[]> {
  await using platform = await ScratchPlatform.start();
  await platform.login();
  const words = ["create", "-q", "-n", "watched", "--replicas", String(REPLICAS), "headless", IMAGE, "--"];
  const { exitCode, stderr } = await platform.canfar([...words, "sleep", "3600"]);
  if (exitCode !== 0) throw new Error(`create failed: ${stderr}`);
  return [
    await watching(platform, ["ps", "--watch"], { name: "their group", target: 0.1 }),
    await watching(platform, ["ps", "--watch", "watched"], { name: "each of them", target: 0.1 }),
  ];
}

async function watching(
  platform: ScratchPlatform,
  words: readonly string[],
  { name, target }: { name: string; target: number },
): Promise<Figure> {
  const rounds: { watched: number; alone: number }[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    const alone = await coresOf(() => [platform.runFile.pid]);
    const command = spawn(join(import.meta.dirname, "../node_modules/.bin/canfar"), words, {
      env: platform.env,
      stdio: ["ignore", "pipe", "inherit"],
    });
    const gone = new Promise((resolve) => command.once("exit", resolve));
    // Its start is not what watching costs.
    await new Promise((resolve) => command.stdout.once("data", resolve));
    command.stdout.resume();
    const watched = await coresOf(() => [platform.runFile.pid, ...familyOf(command.pid ?? 0)]);
    command.kill("SIGINT");
    await gone;
    rounds.push({ watched, alone });
  }
  const alone = median(rounds.map((round) => round.alone));
  const value = median(rounds.map((round) => Math.max(0, round.watched - round.alone)));
  const from = { sessions: REPLICAS, alone };
  return { name: `cores to watch ${REPLICAS} sessions: ${name}`, value, unit: "ratio", target, from };
}

/** Processor time of processes, for each second that passes. */
async function coresOf(pids: () => readonly number[]): Promise<number> {
  const before = ticksOf(pids());
  const start = performance.now();
  await new Promise((resolve) => setTimeout(resolve, SECONDS * 1000));
  const seconds = (performance.now() - start) / 1000;
  return (ticksOf(pids()) - before) / TICKS_PER_SECOND / seconds;
}

function ticksOf(pids: readonly number[]): number {
  return pids.reduce((sum, pid) => {
    const [user, system] = statOf(pid).slice(11, 13).map(Number);
    return sum + (user ?? 0) + (system ?? 0);
  }, 0);
}

/** A process and all below it. */
function familyOf(pid: number): number[] {
  const children = readdirSync("/proc").filter(
    (name) => /^\d+$/.test(name) && statOf(name)[1] === String(pid),
  );
  return [pid, ...children.flatMap((child) => familyOf(Number(child)))];
}

/** Fields of `/proc/PID/stat` behind the name; empty where the process has gone. */
function statOf(pid: number | string): string[] {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    return stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  } catch {
    return [];
  }
}

/** Timing of whole processes, interleaved with a baseline: shared machines drift, ratios of neighbours do not. */
import { spawn } from "node:child_process";

export interface Command {
  readonly program: string;
  readonly words: readonly string[];
  readonly env?: NodeJS.ProcessEnv;
}

/** Wall time of one run, in seconds. @throws Error when the command fails: a failed run has no time */
export async function time(command: Command): Promise<number> {
  const start = performance.now();
  const child = spawn(command.program, command.words, {
    env: command.env ?? process.env,
    stdio: ["ignore", "ignore", "pipe"],
  });
  let stderr = "";
  child.stderr.on("data", (chunk: Buffer) => {
    stderr += chunk.toString();
  });
  const code = await new Promise<number | null>((resolve, reject) => {
    child.on("error", reject);
    child.on("close", resolve);
  });
  if (code !== 0)
    throw new Error(`${command.program} ${command.words.join(" ")} ended with ${code}: ${stderr}`);
  return (performance.now() - start) / 1000;
}

/** Median; of an even number of values, the mean of the two in the middle. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const [low = Number.NaN, high = Number.NaN] = [sorted[middle - 1], sorted[middle]];
  return sorted.length % 2 === 1 ? high : (low + high) / 2;
}

/**
 * Runs two commands in turn and compares them pair by pair.
 *
 * @returns medians in seconds, and the median of the pairs' ratios
 */
export async function compare(
  subject: Command,
  baseline: Command,
  runs: number,
): Promise<{ seconds: number; baselineSeconds: number; ratio: number }> {
  await time(subject);
  await time(baseline);
  const pairs: [number, number][] = [];
  for (let run = 0; run < runs; run += 1) pairs.push([await time(subject), await time(baseline)]);
  return {
    seconds: median(pairs.map(([a]) => a)),
    baselineSeconds: median(pairs.map(([, b]) => b)),
    ratio: median(pairs.map(([a, b]) => a / b)),
  };
}

/** Resident memory of a process, in MB. Linux only. */
export async function residentMegabytes(pid: number): Promise<number> {
  const { readFile } = await import("node:fs/promises");
  const status = await readFile(`/proc/${pid}/status`, "utf8");
  return Number(/^VmRSS:\s+(\d+) kB/m.exec(status)?.[1] ?? Number.NaN) / 1024;
}

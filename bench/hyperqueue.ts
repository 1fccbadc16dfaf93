import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { homedir, tmpdir } from "node:os";
import { join } from "node:path";
import { runCommand } from "@canfar/testing/scratch-platform";
import { time } from "./measure.ts";

/** A cluster of its own with as many workers' cores as asked; starting and stopping it is in no figure. */
const PROGRAM = `
import sys, time
from hyperqueue import Job, LocalCluster
from hyperqueue.cluster import WorkerConfig
count, cores = int(sys.argv[1]), int(sys.argv[2])
with LocalCluster() as cluster:
    cluster.start_worker(WorkerConfig(cores=cores))
    client = cluster.client()
    job = Job()
    for _ in range(count):
        job.program(["true"])
    start = time.monotonic()
    client.wait_for_jobs([client.submit(job)])
    print("seconds", time.monotonic() - start)
`;

/**
 * Installs HyperQueue from PyPI once, in an environment of its own.
 *
 * @returns path of the Python that has it
 */
export async function installHyperQueue(): Promise<string> {
  const cache = process.env.XDG_CACHE_HOME ?? join(homedir(), ".cache");
  const folder = join(cache, "canfar-bench", "hyperqueue-0.27.0");
  const python = join(folder, "bin", "python");
  if (!existsSync(join(folder, "installed"))) {
    await time({ program: "python3", words: ["-m", "venv", folder] });
    const install = ["-m", "pip", "install", "--quiet", "hyperqueue==0.27.0"];
    await time({ program: python, words: install });
    await time({ program: "touch", words: [join(folder, "installed")] });
  }
  return python;
}

/** @returns seconds that HyperQueue takes for `count` tasks of `true`, each with its two output files */
export async function timeHyperQueue(python: string, count: number, cores: number): Promise<number> {
  const folder = mkdtempSync(join(tmpdir(), "canfar-hyperqueue-"));
  try {
    const words = ["-c", PROGRAM, String(count), String(cores)];
    const { stdout, stderr } = await runCommand(python, words, { env: process.env, cwd: folder });
    const seconds = Number(/^seconds ([\d.]+)$/m.exec(stdout)?.[1]);
    if (Number.isNaN(seconds)) throw new Error(`HyperQueue failed: ${stderr}`);
    return seconds;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

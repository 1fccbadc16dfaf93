/** The two ways to make a Python environment from a lock. Both check every hash and leave compiled bytecode behind. */
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { indexOptions, toolEnvironment, uvEnvironment } from "./package-index.ts";
import type { Python } from "./python.ts";
import { runTool } from "./run-tool.ts";

export interface Installation {
  readonly python: Python;
  /** Locked requirements, complete: what it does not name is not installed. */
  readonly lock: string;
  /** The environment to make; not there yet. Its own path goes into its scripts, so it cannot be moved later. */
  readonly folder: string;
  readonly workingDirectory: string;
  /** Variables of the platform's process. */
  readonly environment: NodeJS.ProcessEnv;
  /** Told how far it is: "37 of 120 packages". */
  readonly onProgress: (progress: string) => void;
  readonly signal?: AbortSignal | undefined;
}

const PROGRESS_INTERVAL_MS = 500;

/**
 * @param uv the program
 * @param cacheFolder where uv keeps downloads, so that an interrupted build goes on where it stopped
 * @throws ToolFailure
 */
export async function installWithUv(
  { uv, cacheFolder }: { uv: string; cacheFolder: string },
  { python, lock, folder, workingDirectory, environment, onProgress, signal }: Installation,
): Promise<void> {
  const variables: NodeJS.ProcessEnv = {
    UV_CACHE_DIR: cacheFolder,
    ...uvEnvironment(environment, python.pipSettings),
  };
  const common = { python: python.executable, program: uv, environment: variables, workingDirectory, signal };
  await runTool({ ...common, args: ["venv", "--quiet", "--python", python.executable, folder] });
  const progress = new UvProgress(join(variables.UV_CACHE_DIR ?? cacheFolder, "archive-v0"), onProgress);
  await progress.begin();
  try {
    const target = ["--python", join(folder, "bin", "python"), "--requirements", lock];
    const options = [
      "--no-deps",
      "--require-hashes",
      "--compile-bytecode",
      ...indexOptions(python.pipSettings),
    ];
    await runTool({
      ...common,
      args: ["pip", "install", ...options, ...target],
      onLine: (line) => progress.read(line),
    });
  } finally {
    progress.end();
  }
}

/**
 * uv names only large downloads in its output, but each package that it has fetched becomes a folder of its cache:
 * those are counted. A package that was there already is not, so the number may jump to the end.
 */
class UvProgress {
  readonly #archive: string;
  readonly #tell: (progress: string) => void;
  #before = 0;
  #total: number | null = null;
  #timer: NodeJS.Timeout | undefined;

  constructor(archive: string, tell: (progress: string) => void) {
    this.#archive = archive;
    this.#tell = tell;
  }

  async begin(): Promise<void> {
    this.#before = await this.#count();
    this.#timer = setInterval(() => void this.#look(), PROGRESS_INTERVAL_MS).unref();
  }

  end(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  read(line: string): void {
    const total = /^Resolved (\d+) package/.exec(line)?.[1];
    if (total !== undefined) this.#total = Number(total);
    const installed = /^Installed (\d+) package/.exec(line)?.[1];
    if (installed !== undefined) {
      this.end();
      this.#tell(`${installed} of ${this.#total ?? installed} packages, compiling`);
    }
  }

  async #look(): Promise<void> {
    const fetched = (await this.#count()) - this.#before;
    if (this.#total === null || this.#timer === undefined) return;
    this.#tell(`${Math.min(fetched, this.#total)} of ${this.#total} packages`);
  }

  async #count(): Promise<number> {
    try {
      return (await readdir(this.#archive)).length;
    } catch {
      return 0; // The cache is empty.
    }
  }
}

/**
 * For machines that uv cannot be had for. Slower, otherwise the same.
 *
 * @throws ToolFailure
 */
export async function installWithPip(installation: Installation): Promise<void> {
  const { python, lock, folder, workingDirectory, environment, onProgress, signal } = installation;
  const variables = toolEnvironment(environment);
  const common = { python: python.executable, environment: variables, workingDirectory, signal };
  await runTool({ ...common, program: python.executable, args: ["-m", "venv", folder] });
  let collected = 0;
  const options = ["--no-deps", "--require-hashes", "--no-input", "--disable-pip-version-check"];
  await runTool({
    ...common,
    program: join(folder, "bin", "python"),
    args: ["-m", "pip", "install", ...options, "-r", lock],
    onLine: (line) => {
      if (line.startsWith("Collecting ")) onProgress(`${++collected} packages`);
      if (line.startsWith("Installing collected packages")) onProgress(`${collected} packages, installing`);
    },
  });
}

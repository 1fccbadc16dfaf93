import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { indexOptions, toolEnvironment } from "./package-index.ts";
import type { Python } from "./python.ts";
import { runTool, ToolFailure } from "./run-tool.ts";
import { UV_DOWNLOAD } from "./uv-download.ts";
import { OLDEST_UV, UV_VERSION, UV_WHEELS, uvWheelFor } from "./uv-release.ts";

const run = promisify(execFile);

const PYPI = "https://pypi.org/simple";

export interface UvSearch {
  readonly python: Python;
  /** Where a fetched uv is kept. */
  readonly toolsFolder: string;
  /** Variables of the platform's process. */
  readonly environment: NodeJS.ProcessEnv;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Finds uv on PATH or among the platform's tools, or fetches it from the package index.
 *
 * @returns the program; null on a platform that uv has no wheel for
 * @throws ToolFailure when it cannot be fetched
 */
export async function findUv(search: UvSearch): Promise<string | null> {
  if (await isGoodUv("uv", search.environment)) return "uv";
  const folder = join(search.toolsFolder, `uv-${UV_VERSION}`);
  const program = join(folder, "bin", "uv");
  if (existsSync(program)) return program;
  if (uvWheelFor(search.python.platform) === null) return null;
  await mkdir(search.toolsFolder, { recursive: true });
  const unfinished = await mkdtemp(join(search.toolsFolder, "unfinished-uv-"));
  try {
    await fetchUv(search, unfinished);
    await moveIntoPlace(unfinished, folder);
  } finally {
    await rm(unfinished, { recursive: true, force: true });
  }
  return program;
}

async function isGoodUv(program: string, environment: NodeJS.ProcessEnv): Promise<boolean> {
  try {
    const { stdout } = await run(program, ["--version"], { env: environment, timeout: 10_000 });
    const version = /^uv (\d+(?:\.\d+)+)/.exec(stdout)?.[1];
    return version !== undefined && version.localeCompare(OLDEST_UV, "en", { numeric: true }) >= 0;
  } catch {
    return false; // Not there, or not runnable here: as good as missing.
  }
}

/** pip first, because it knows every way in which an operator may have configured it (keyrings, for one). */
async function fetchUv(search: UvSearch, folder: string): Promise<void> {
  if (!search.python.hasPip) return downloadUv(search, folder);
  try {
    await installUvByPip(search, folder);
  } catch (error) {
    if (!(error instanceof ToolFailure) || search.signal?.aborted) throw error;
    await downloadUv(search, folder).catch(() => {
      throw error; // pip's own words say more.
    });
  }
}

async function installUvByPip({ python, environment, signal }: UvSearch, folder: string): Promise<void> {
  const requirements = join(folder, "requirements.txt");
  const hashes = new Set(Object.values(UV_WHEELS).map(({ sha256 }) => `--hash=sha256:${sha256}`));
  await writeFile(requirements, `uv==${UV_VERSION} ${[...hashes].join(" ")}\n`);
  const options = ["--no-deps", "--only-binary", ":all:", "--no-input", "--disable-pip-version-check"];
  await runTool({
    python: python.executable,
    program: python.program,
    args: ["-m", "pip", "install", ...options, "--require-hashes", "--target", folder, "-r", requirements],
    environment: toolEnvironment(environment),
    workingDirectory: folder,
    signal,
  });
}

async function downloadUv({ python, environment, signal }: UvSearch, folder: string): Promise<void> {
  const wheel = uvWheelFor(python.platform);
  if (wheel === null) return;
  const { "index-url": index, cert, proxy } = python.pipSettings;
  if (indexOptions(python.pipSettings).length > 0) {
    throw new ToolFailure({
      program: "uv",
      reason: "is missing, and pip's no-index forbids to fetch it",
      lines: [],
    });
  }
  await mkdir(join(folder, "bin"), { recursive: true });
  const settings = {
    ...(cert === undefined ? {} : { SSL_CERT_FILE: cert }),
    ...(proxy === undefined ? {} : { http_proxy: proxy, https_proxy: proxy }),
  };
  await runTool({
    python: python.executable,
    program: python.program,
    args: [
      ...["-I", "-c", UV_DOWNLOAD],
      environment.UV_DEFAULT_INDEX ?? environment.UV_INDEX_URL ?? index ?? PYPI,
      ...[wheel.file, wheel.sha256, join(folder, "bin", "uv")],
    ],
    environment: { ...settings, ...toolEnvironment(environment) },
    workingDirectory: folder,
    signal,
  });
}

/** Another process may have fetched the same uv meanwhile: then its folder stays. */
async function moveIntoPlace(unfinished: string, folder: string): Promise<void> {
  try {
    await rename(unfinished, folder);
  } catch (error) {
    if (!existsSync(join(folder, "bin", "uv"))) throw error;
  }
}

import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { CanfarError } from "@canfar/contract";
import { z } from "zod";
import { PYTHON_PROBE } from "./python-probe.ts";

const run = promisify(execFile);

const PROBE_TIMEOUT_MS = 20_000;

const pythonSchema = z.object({
  /** As found; may be that of a virtual environment. Its pip is the one that `hasPip` speaks of. */
  program: z.string(),
  /** Without links and virtual environments: what new environments will point to. */
  executable: z.string(),
  /** Three numbers. */
  version: z.string(),
  basePrefix: z.string(),
  /** Operating system and processor, `-musl` where the C library is another one: decides which wheels fit. */
  platform: z.string(),
  hasPip: z.boolean(),
  hasVenv: z.boolean(),
  /** pip's configuration by long option name: `index-url`, `cert`, … */
  pipSettings: z.record(z.string(), z.string()),
});

export type Python = z.infer<typeof pythonSchema>;

/** Versions from `minimum` on, before `below`. */
export interface PythonRange {
  readonly minimum: string;
  readonly below: string;
}

/**
 * Finds a Python on PATH: `python3` if it fits, else the newest `python3.N` that does.
 *
 * @param environment variables of the platform's process
 * @throws CanfarError `platform.python_missing`, saying what was found and what to install
 */
export async function findPython(range: PythonRange, environment: NodeJS.ProcessEnv): Promise<Python> {
  const seen: string[] = [];
  for (const name of ["python3", ...versionedNames(range)]) {
    const python = await probe(name, environment);
    if (python === null) continue;
    if (isWithin(python.version, range)) return python;
    seen.push(`${name} is ${python.version}`);
  }
  throw new CanfarError("platform.python_missing", {
    message:
      seen.length === 0
        ? `Images need Python ${range.minimum} or newer, and there is no python3 on PATH`
        : `Images need Python from ${range.minimum} on and before ${range.below}; ${seen.join(", ")}`,
    hint: "Install it: Debian and Ubuntu `sudo apt-get install python3`, Fedora `sudo dnf install python3`, macOS `brew install python`.",
    details: { minimum: range.minimum, below: range.below },
  });
}

/** python3.13, python3.12, …: newest first. */
function versionedNames({ minimum, below }: PythonRange): string[] {
  const [first, end] = [minorOf(minimum), minorOf(below)];
  return Array.from({ length: Math.max(0, end - first) }, (_, index) => `python3.${end - 1 - index}`);
}

function isWithin(version: string, { minimum, below }: PythonRange): boolean {
  const minor = minorOf(version);
  return version.startsWith("3.") && minor >= minorOf(minimum) && minor < minorOf(below);
}

function minorOf(version: string): number {
  return Number(version.split(".")[1]);
}

/** A name that does not run, or is something else, is as good as missing: version switchers leave such names on PATH. */
async function probe(name: string, environment: NodeJS.ProcessEnv): Promise<Python | null> {
  try {
    // -I: a stray PYTHONPATH or a file named json.py in the working folder must not answer for Python.
    const { stdout } = await run(name, ["-I", "-c", PYTHON_PROBE], {
      env: environment,
      timeout: PROBE_TIMEOUT_MS,
    });
    return pythonSchema.parse(JSON.parse(stdout));
  } catch {
    return null;
  }
}

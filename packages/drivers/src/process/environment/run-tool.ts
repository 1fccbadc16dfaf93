import { spawn } from "node:child_process";
import { basename } from "node:path";
import { createInterface } from "node:readline";

/** How much of a tool's output is kept for the log of a failed build. */
const KEPT_LINES = 5_000;

/**
 * Becomes the tool after asking Linux to end it with the platform's process: a tool that outlives a `kill -9` of the
 * platform would go on filling a folder that nobody will use. Elsewhere it does outlive it, and only time is lost.
 */
const DIE_WITH_PARENT = `
import os, signal, sys
try:
    import ctypes
    ctypes.CDLL(None).prctl(1, signal.SIGKILL)
except (AttributeError, ImportError, OSError):
    pass
os.execvp(sys.argv[1], sys.argv[1:])
`;

export interface ToolCall {
  /** Any Python, to start the tool with. */
  readonly python: string;
  readonly program: string;
  readonly args: readonly string[];
  readonly environment: NodeJS.ProcessEnv;
  readonly workingDirectory: string;
  /** Ends the tool. */
  readonly signal?: AbortSignal | undefined;
  /** Told each line of either output. */
  readonly onLine?: (line: string) => void;
}

/** A tool that did not start or did not end well, with all that it said. */
export class ToolFailure extends Error {
  override readonly name = "ToolFailure";
  readonly program: string;
  readonly lines: readonly string[];

  constructor(options: { program: string; reason: string; lines: readonly string[]; cause?: unknown }) {
    super(`${basename(options.program)} ${options.reason}`, { cause: options.cause });
    this.program = options.program;
    this.lines = options.lines;
  }
}

/**
 * Runs a tool to its end.
 *
 * @throws ToolFailure unless its exit code is 0
 */
export async function runTool(call: ToolCall): Promise<void> {
  const { python, program, args, environment, workingDirectory, signal, onLine } = call;
  const lines: string[] = [];
  const child = spawn(python, ["-I", "-c", DIE_WITH_PARENT, program, ...args], {
    env: environment,
    cwd: workingDirectory,
    stdio: ["ignore", "pipe", "pipe"],
    // A process group of its own: Ctrl-C at the terminal is for the platform, which ends its builds itself.
    detached: true,
    ...(signal === undefined ? {} : { signal }),
  });
  for (const stream of [child.stdout, child.stderr]) {
    createInterface({ input: stream }).on("line", (line) => {
      if (lines.push(line) > KEPT_LINES) lines.shift();
      onLine?.(line);
    });
  }
  await new Promise<void>((resolve, reject) => {
    const fail = (reason: string, cause?: unknown) =>
      reject(new ToolFailure({ program, reason, lines, cause }));
    child.once("error", (error) => fail(`did not run: ${error.message}`, error));
    child.once("close", (code, killedBy) => {
      if (code === 0) resolve();
      else fail(killedBy === null ? `ended with exit code ${code}` : `was ended by ${killedBy}`);
    });
  });
}

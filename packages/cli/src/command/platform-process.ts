/** How the command starts, finds and stops a platform on this machine. It never imports the platform's code. */
import { spawn } from "node:child_process";
import { closeSync, existsSync, mkdirSync, openSync, readFileSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { homedir } from "node:os";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { CanfarError } from "@canfar/contract";

/** The platform needs `node:sqlite` and type stripping. */
const LEAST_NODE = 24;
/** Node options of the platform: its garbage is short-lived, and a small nursery saves 40 MB of memory. */
const SMALL_HEAP = ["--max-semi-space-size=4"];
const POLL_MS = 50;
const STOP_TIMEOUT_MS = 30_000;

/** What a running platform writes into its data folder. */
export interface RunningPlatform {
  readonly url: string;
  readonly pid: number;
  readonly data: string;
  readonly startedAt: string;
  readonly version: string;
  /** What is missing on its machine and what that loses, one sentence each. */
  readonly notices: readonly string[];
}

export function dataFolder(option: string | undefined): string {
  return resolve(option ?? join(homedir(), ".canfar", "platform"));
}

/** Where a platform that was started in the background writes its log. */
export function startLog(data: string): string {
  return join(data, "platform-start.log");
}

/** The platform that runs on a data folder, or null. A file that a killed one has left counts as none. */
export function runningPlatform(data: string): RunningPlatform | null {
  let run: Partial<RunningPlatform>;
  try {
    run = JSON.parse(readFileSync(join(data, "run.json"), "utf8")) as Partial<RunningPlatform>;
  } catch {
    return null; // None, or half-written by a crash.
  }
  const { url, pid, startedAt = "", version = "", notices = [] } = run;
  if (typeof url !== "string" || typeof pid !== "number" || !isAlive(pid)) return null;
  return { url, pid, data, startedAt, version, notices };
}

export interface PlatformCommand {
  readonly program: string;
  readonly words: readonly string[];
}

/**
 * The command that runs a platform.
 *
 * @throws CanfarError `platform.start_failed` where the platform or a Node that can run it is not installed
 */
export function platformCommand(words: readonly string[]): PlatformCommand {
  const main = locateMain();
  return { program: locateNode(main), words: [...SMALL_HEAP, main, ...words] };
}

function locateMain(): string {
  try {
    return fileURLToPath(import.meta.resolve("@canfar/platform/main"));
  } catch (error) {
    throw new CanfarError("platform.start_failed", {
      message: "The platform is not installed beside this command",
      hint: "Run `npm start` in a checkout of the project.",
      cause: error,
    });
  }
}

function locateNode(main: string): string {
  if (Number(process.versions.node.split(".")[0]) >= LEAST_NODE) return process.execPath;
  try {
    const folder = createRequire(main).resolve("node/package.json");
    const program = join(folder, "..", "bin", process.platform === "win32" ? "node.exe" : "node");
    if (existsSync(program)) return program;
  } catch {
    // The package `node` is not there: the message below says what to do.
  }
  throw new CanfarError("platform.start_failed", {
    message: `The platform needs Node ${LEAST_NODE} or newer, and this is Node ${process.versions.node}`,
    hint: `Install Node ${LEAST_NODE}, or run \`npm start\` in a checkout, which brings its own.`,
  });
}

/** Starts a platform that outlives this command. @returns its process id and a promise of its early end */
export function startDetached(
  { program, words }: PlatformCommand,
  data: string,
): { pid: number; ended: Promise<number | null> } {
  mkdirSync(data, { recursive: true, mode: 0o700 });
  rmSync(startLog(data), { force: true });
  // Appending, so that the part with the password can be taken away while the platform has the file open.
  const log = openSync(startLog(data), "a", 0o600);
  const child = spawn(program, words, { detached: true, stdio: ["ignore", log, log] });
  closeSync(log);
  child.unref();
  const ended = new Promise<number | null>((settle) => {
    child.once("exit", settle);
    child.once("error", () => settle(null));
  });
  return { pid: child.pid ?? 0, ended };
}

/** Asks a platform to stop, and waits until it is gone. @throws CanfarError `command.timed_out` */
export async function stopPlatform({ pid }: RunningPlatform): Promise<void> {
  process.kill(pid, "SIGTERM");
  const end = performance.now() + STOP_TIMEOUT_MS;
  while (isAlive(pid)) {
    if (performance.now() > end) {
      throw new CanfarError("command.timed_out", {
        message: `The platform (process ${pid}) has not stopped after ${STOP_TIMEOUT_MS / 1000} s`,
        hint: `Look into its log, or end it with \`kill -9 ${pid}\`: no Session is lost by that.`,
      });
    }
    await new Promise((settle) => setTimeout(settle, POLL_MS));
  }
}

export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}

/**
 * Ends every Session of a data folder whose platform is stopped.
 *
 * @param say receives what the platform's program says
 * @throws CanfarError `platform.start_failed` where that did not work
 */
export async function endSessions(data: string, say: (line: string) => void): Promise<void> {
  const { code, stderr } = await runPlatform(["--end-sessions", "--data", data], process.env);
  if (code === 0) return;
  if (stderr.trim() !== "") say(stderr.trimEnd());
  throw new CanfarError("platform.start_failed", {
    message: `The Sessions of ${data} could not be ended (exit code ${code})`,
    hint: "Start the platform again and delete them with `canfar delete $(canfar ps -q)`.",
  });
}

/**
 * Sets the password of an account of a data folder's platform, which may be running.
 *
 * @param password a generated one when absent
 * @returns the generated password, or null where it was given
 * @throws CanfarError `request.invalid` with the platform's own words
 */
export async function setPassword(
  data: string,
  username: string,
  password: string | undefined,
): Promise<string | null> {
  // In the environment, not in the words: those are in everybody's process list.
  const env = { ...process.env, ...(password === undefined ? {} : { CANFAR_PLATFORM_PASSWORD: password }) };
  const { code, stdout, stderr } = await runPlatform(["--set-password", username, "--data", data], env);
  if (code === 0) return password === undefined ? stdout.trim() : null;
  const [message = "", hint] = stderr.trim().split("\n");
  throw new CanfarError("request.invalid", {
    message: message.replace(/^canfar platform: /, "") || `The password of ${username} could not be set`,
    hint: hint?.trim(),
  });
}

/** Runs the platform's program for one errand, to its end. */
async function runPlatform(
  errand: readonly string[],
  env: NodeJS.ProcessEnv,
): Promise<{ code: number | null; stdout: string; stderr: string }> {
  const { program, words } = platformCommand(errand);
  const child = spawn(program, words, { stdio: ["ignore", "pipe", "pipe"], env });
  const told = { stdout: "", stderr: "" };
  for (const stream of ["stdout", "stderr"] as const) {
    child[stream].setEncoding("utf8").on("data", (text: string) => {
      told[stream] += text;
    });
  }
  const code = await new Promise<number | null>((settle, reject) => {
    child.once("error", reject);
    child.once("close", settle);
  });
  return { code, ...told };
}

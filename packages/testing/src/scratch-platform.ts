import { type ChildProcess, spawn } from "node:child_process";
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir, userInfo } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const bin = fileURLToPath(new URL("../../../node_modules/.bin", import.meta.url));
const START_TIMEOUT_MS = 180_000;

/** What a platform writes into its data folder while it runs; the part that is read here. */
interface RunFile {
  readonly url: string;
  readonly pid: number;
}

/**
 * A whole platform as a user starts it (`canfar platform up --foreground`), with a home and a data folder of its own
 * that go when it is stopped. For stories, the tour and the benchmarks.
 */
export class ScratchPlatform {
  readonly home: string;
  readonly data: string;
  readonly username = userInfo().username;
  readonly password: string;
  readonly #arguments: readonly string[];
  #server: ChildProcess | null = null;
  #output = "";
  /** A free one at first; the same again after a restart, since that is the address of the saved login. */
  #port = "0";
  /** Whom `kill` ended: its run file stays behind, and until somebody reaps it its process seems alive. */
  #killed: number | null = null;

  private constructor(home: string, options: { password: string; arguments: readonly string[] }) {
    this.home = home;
    this.data = join(home, ".canfar", "platform");
    this.password = options.password;
    this.#arguments = options.arguments;
  }

  /**
   * @param options.arguments more words for `canfar platform up`
   * @param options.home an empty folder of the caller's, for example on a disk of its own
   */
  static async start(
    options: { arguments?: readonly string[]; home?: string } = {},
  ): Promise<ScratchPlatform> {
    const home = options.home ?? mkdtempSync(join(tmpdir(), "canfar-scratch-"));
    const platform = new ScratchPlatform(home, {
      password: "correct-horse-7",
      arguments: options.arguments ?? [],
    });
    try {
      await platform.up();
    } catch (error) {
      rmSync(home, { recursive: true, force: true });
      throw error;
    }
    return platform;
  }

  /** Environment in which `canfar` and the client library work on this platform. */
  get env(): NodeJS.ProcessEnv {
    return { ...process.env, HOME: this.home, CANFAR_PLATFORM_PASSWORD: this.password };
  }

  /** What the server has printed so far. */
  get output(): string {
    return this.#output;
  }

  get runFile(): RunFile {
    return JSON.parse(readFileSync(join(this.data, "run.json"), "utf8")) as RunFile;
  }

  get url(): string {
    return this.runFile.url;
  }

  /** Starts the server; again after `kill` or `down`. */
  async up(): Promise<void> {
    const port = this.#arguments.includes("--port") ? [] : ["--port", this.#port];
    const words = ["platform", "up", "--foreground", "--data", this.data, ...port, ...this.#arguments];
    const server = spawn(join(bin, "canfar"), words, { env: this.env, stdio: ["ignore", "pipe", "pipe"] });
    this.#server = server;
    const keep = (chunk: Buffer) => {
      this.#output += chunk.toString();
    };
    server.stdout.on("data", keep);
    server.stderr.on("data", keep);
    const end = Date.now() + START_TIMEOUT_MS;
    while (!(await this.#answers(server))) {
      if (server.exitCode !== null)
        throw new Error(`the platform ended with ${server.exitCode}: ${this.#output}`);
      if (Date.now() > end) throw new Error(`the platform did not answer in time: ${this.#output}`);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    this.#port = new URL(this.url).port;
  }

  async #answers(server: ChildProcess): Promise<boolean> {
    try {
      const { url, pid } = this.runFile;
      // A run file of the server before this one is no answer.
      if (pid === this.#killed) return false;
      process.kill(pid, 0);
      if (server.exitCode !== null) return false;
      return (await fetch(`${url}/skaha/availability`)).ok;
    } catch {
      return false; // Not written yet, or not listening yet.
    }
  }

  /** `kill -9` of the server, as it is: nothing gets a chance to tidy up. */
  async kill(): Promise<void> {
    const { pid } = this.runFile;
    this.#killed = pid;
    const gone = this.#ended();
    process.kill(pid, "SIGKILL");
    this.#server?.kill("SIGKILL");
    await gone;
  }

  /** Stops the server politely; Sessions go on. */
  async down(): Promise<void> {
    const gone = this.#ended();
    this.#server?.kill("SIGTERM");
    await gone;
  }

  async #ended(): Promise<void> {
    const server = this.#server;
    if (server === null || server.exitCode !== null || server.signalCode !== null) return;
    await new Promise((resolve) => server.once("exit", resolve));
  }

  /** Runs `canfar …` against this platform to its end. */
  async canfar(words: readonly string[], options: { input?: string } = {}): Promise<CommandResult> {
    return await runCommand(join(bin, "canfar"), words, { env: this.env, ...options });
  }

  /** Where a path under `/arc` is on this machine. */
  arc(path: string): string {
    return join(this.data, "arc", path);
  }

  /** Copies a file into the user's home on the platform. */
  putInHome(file: string, name: string): void {
    const home = this.arc(join("home", this.username));
    mkdirSync(home, { recursive: true });
    copyFileSync(file, join(home, name));
  }

  /** Logs in as the platform's first account. */
  async login(): Promise<void> {
    // By its address: other platforms may run on this machine.
    const result = await this.canfar(["auth", "login", "-f", this.url], {
      input: `${this.username}\n${this.password}\n`,
    });
    if (result.exitCode !== 0) throw new Error(`login failed: ${result.stderr}`);
  }

  /** Ends Sessions and server, and removes every trace. */
  async remove(): Promise<void> {
    await this.canfar(["platform", "down", "--sessions", "--data", this.data, "-y"]);
    await this.down();
    rmSync(this.home, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.remove();
  }
}

export interface CommandResult {
  readonly stdout: string;
  readonly stderr: string;
  readonly exitCode: number;
}

/** Runs a program to its end. @param options.input what is typed on its standard input */
export async function runCommand(
  program: string,
  words: readonly string[],
  options: { env: NodeJS.ProcessEnv; input?: string; cwd?: string },
): Promise<CommandResult> {
  const child = spawn(program, words, {
    stdio: ["pipe", "pipe", "pipe"],
    env: options.env,
    cwd: options.cwd,
  });
  let stdout = "";
  let stderr = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    stdout += text;
  });
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    stderr += text;
  });
  child.stdin.on("error", () => {}); // A command that reads no input may be gone before it is written.
  child.stdin.end(options.input ?? "");
  const exitCode = await new Promise<number>((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code) => resolve(code ?? 1));
  });
  return { stdout, stderr, exitCode };
}

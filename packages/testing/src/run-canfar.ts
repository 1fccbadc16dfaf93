import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const MAIN = fileURLToPath(new URL("../../cli/src/main.ts", import.meta.url));

export interface RunCanfarOptions {
  /** Added to a small environment without anything of the developer's. */
  readonly env?: Readonly<Record<string, string>>;
  /** What is piped into standard input. */
  readonly stdin?: string;
  /** Runs on a pseudo-terminal; output and errors then come together, as on a screen, in `stdout`. */
  readonly terminal?: boolean;
  /** On a terminal: what is typed once the screen shows a text, in this order. */
  readonly typing?: readonly { readonly after: string; readonly type: string }[];
  /** Standard output is closed, as `| head` does, once so many characters were read. */
  readonly leavesAfter?: number;
  /** Called with everything so far whenever something was written, so that a test can interrupt. */
  readonly onOutput?: (stdout: string, kill: (signal: NodeJS.Signals) => void) => void;
}

export interface CanfarResult {
  readonly stdout: string;
  readonly stderr: string;
  readonly exitCode: number | null;
}

/** A home folder of its own for the `canfar` command, from the sources, as a process. */
export class CanfarHome {
  readonly path = mkdtempSync(join(tmpdir(), "canfar-home-"));
  readonly #env: Readonly<Record<string, string>>;

  /** @param env for every run */
  constructor(env: Readonly<Record<string, string>> = {}) {
    this.#env = env;
  }

  /** Runs `canfar …` to its end. */
  async run(words: readonly string[], options: RunCanfarOptions = {}): Promise<CanfarResult> {
    const argv = [process.execPath, MAIN, ...words];
    const [program = "", ...rest] = options.terminal ? onTerminal(argv) : argv;
    const child = spawn(program, rest, {
      stdio: ["pipe", "pipe", "pipe"],
      env: {
        PATH: process.env.PATH,
        HOME: this.path,
        TERM: "xterm",
        COLUMNS: "100",
        ...this.#env,
        ...options.env,
      },
    });
    const typing = [...(options.typing ?? [])];
    let stdout = "";
    let stderr = "";
    let typedUpTo = 0;
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      stdout += text;
      const [next] = typing;
      if (next !== undefined && stdout.slice(typedUpTo).includes(next.after)) {
        typedUpTo = stdout.length;
        typing.shift();
        child.stdin.write(next.type);
      }
      if (stdout.length >= (options.leavesAfter ?? Number.POSITIVE_INFINITY)) child.stdout.destroy();
      options.onOutput?.(stdout, (signal) => child.kill(signal));
    });
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      stderr += text;
    });
    child.stdin.on("error", () => {}); // A command that reads no input may be gone before it is written.
    // A closed standard input would end the pseudo-terminal.
    if (!options.terminal) child.stdin.end(options.stdin ?? "");
    const exitCode = await new Promise<number | null>((resolve, reject) => {
      child.once("error", reject);
      child.once("close", resolve);
    });
    return { stdout, stderr, exitCode };
  }

  [Symbol.dispose](): void {
    rmSync(this.path, { recursive: true, force: true });
  }
}

/** util-linux's `script` gives a program a terminal and ends with its exit code. */
function onTerminal(argv: readonly string[]): string[] {
  const line = argv.map((word) => `'${word.replaceAll("'", `'\\''`)}'`).join(" ");
  return ["script", "-qefc", `stty cols 100 rows 30; ${line}`, "/dev/null"];
}

import type { LogLine } from "@canfar/drivers";

/** What a program of the fake driver does when it starts. */
export interface FakeRun {
  readonly output: readonly { readonly stream: LogLine["stream"]; readonly text: string }[];
  /** Null: it runs until it is stopped, or until a test ends it. */
  readonly exitCode: number | null;
  /** Delay before the end, in milliseconds. */
  readonly afterMs?: number;
}

const GOES_ON: FakeRun = { output: [], exitCode: null };

/**
 * Imitates the few programs that the contract suite runs: `true`, `false`, `echo`, `printenv`, `sleep` and `sh -c` with
 * `echo` and `exit`. A program called `no-such-program` is not found; every other one runs until a test ends it.
 */
export function runFakeProgram(argv: readonly string[], env: Readonly<Record<string, string>>): FakeRun {
  const [program = "", ...words] = argv;
  switch (program) {
    case "true":
      return { output: [], exitCode: 0 };
    case "false":
      return { output: [], exitCode: 1 };
    case "echo":
      return { output: print(words.join(" ")), exitCode: 0 };
    case "printenv": {
      const value = env[words[0] ?? ""];
      return value === undefined ? { output: [], exitCode: 1 } : { output: print(value), exitCode: 0 };
    }
    case "sleep":
      return { output: [], exitCode: 0, afterMs: Number(words[0]) * 1000 };
    case "sh":
      return words[0] === "-c" ? runFakeScript(words[1] ?? "") : GOES_ON;
    case "no-such-program":
      return { output: print("sh: no-such-program: not found", "stderr"), exitCode: 127 };
    default:
      return GOES_ON;
  }
}

/** `echo …`, `echo … >&2`, `exit N` and `sleep N` at the end, with `; ` between them. */
function runFakeScript(script: string): FakeRun {
  const output: FakeRun["output"][number][] = [];
  for (const statement of script.split("; ")) {
    const echo = /^echo (.*?)( >&2)?$/.exec(statement);
    const exit = /^exit (\d+)$/.exec(statement);
    const sleep = /^sleep (\S+)$/.exec(statement);
    if (echo !== null) output.push(...print(echo[1] ?? "", echo[2] === undefined ? "stdout" : "stderr"));
    else if (exit !== null) return { output, exitCode: Number(exit[1]) };
    else if (sleep !== null) return { output, exitCode: 0, afterMs: Number(sleep[1]) * 1000 };
    else return { output, exitCode: null };
  }
  return { output, exitCode: 0 };
}

function print(text: string, stream: LogLine["stream"] = "stdout"): FakeRun["output"][number][] {
  return text.split("\n").map((line) => ({ stream, text: line }));
}

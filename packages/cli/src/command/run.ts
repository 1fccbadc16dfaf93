import { run, type StricliProcess } from "@stricli/core";
import { create } from "../commands/create.ts";
import { run as runScript } from "../commands/run.ts";
import { paintFor } from "../output/colour.ts";
import { AlreadyReported, formatError } from "../output/errors.ts";
import { buildCanfarApplication } from "./application.ts";
import { type CommandLine, parseCommandLine } from "./arguments.ts";
import { PROPOSE } from "./completion-script.ts";
import { Context, type Streams } from "./context.ts";
import { EXIT, exitCodeOf } from "./exit-code.ts";
import { Interrupts } from "./interrupts.ts";
import { refuseMissingDashes, refuseMissingDashesOfRun } from "./missing-dashes.ts";
import { propose } from "./propose.ts";

/** Runs one command line to its end and sets the exit code of the process. */
export async function runCommandLine(words: readonly string[]): Promise<void> {
  const streams: Streams = process;
  leaveWhenNobodyReads(streams.stdout);
  const interrupts = new Interrupts();
  interrupts.listen();
  let commandLine: CommandLine;
  try {
    commandLine = parseCommandLine(words);
  } catch (error) {
    streams.stderr.write(formatError(error, { json: false, paint: plainPaint, stack: false }));
    process.exitCode = exitCodeOf(error);
    return;
  }
  const context = newContext({ streams, commandLine, interrupts });
  for (const notice of commandLine.notices) context.say(notice);
  const failures = await runWords(commandLine, context);
  for (const failure of failures) if (!(failure instanceof AlreadyReported)) context.report(failure);
  const [worst] = failures;
  process.exitCode = worst instanceof AlreadyReported ? worst.exitCode : worst ? exitCodeOf(worst) : EXIT.ok;
}

const plainPaint = paintFor({ choice: "never", terminal: false, env: {} });

function newContext(options: {
  streams: Streams;
  commandLine: CommandLine;
  interrupts: Interrupts;
}): Context {
  const silent = { write: () => {} };
  // Errors come back through `buildCanfarApplication` and are printed in one place.
  const stricliProcess: StricliProcess = {
    stdout: options.streams.stdout,
    stderr: silent,
    env: options.streams.env,
  };
  return new Context({ process: stricliProcess, ...options });
}

/** @returns what went wrong; of usage errors only the first, as one cause is enough */
async function runWords({ words, afterDashes }: CommandLine, context: Context): Promise<unknown[]> {
  const failures: unknown[] = [];
  const application = buildCanfarApplication(words, (error) => failures.push(error));
  if (words[0] === PROPOSE) {
    await propose(application, words.slice(1), context);
    return [];
  }
  const [command, ...rest] = words;
  try {
    // What stands behind `--` is the Session's command, not words for this one.
    if (command === "create") refuseMissingDashes(create.parameters, rest, afterDashes);
    if (command === "run") refuseMissingDashesOfRun(runScript.parameters, rest, afterDashes);
    const keepsDashes = command === "create" || command === "run" || afterDashes === undefined;
    await run(application, keepsDashes ? words : [...words, "--", ...afterDashes], context);
  } catch (error) {
    failures.push(error);
  }
  return failures.slice(0, 1);
}

/** `canfar ps | head -1`: a reader that left is no failure. */
function leaveWhenNobodyReads(stdout: NodeJS.WriteStream): void {
  stdout.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code === "EPIPE") process.exit(EXIT.ok);
    throw error;
  });
}

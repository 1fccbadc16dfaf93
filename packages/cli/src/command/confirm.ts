import { CanfarError } from "@canfar/contract";
import { AlreadyReported } from "../output/errors.ts";
import type { Context } from "./context.ts";
import { EXIT } from "./exit-code.ts";

/**
 * Asks before something is destroyed.
 *
 * @param question without the question mark's choices: `Delete 3 Sessions?`
 * @throws CanfarError `command.confirmation_required` where nobody can answer
 * @throws AlreadyReported when the answer is no
 */
export async function confirm(context: Context, question: string): Promise<void> {
  if (!context.canAsk) {
    throw new CanfarError("command.confirmation_required", {
      message: `${question} Nobody can answer here, because this is not a terminal`,
      hint: "Say yes beforehand with -y, or see what would be done with --dry-run.",
    });
  }
  if (/^y(es)?$/i.test((await ask(context, `${question} [y/N] `)).trim())) return;
  context.say("Nothing was done.");
  throw new AlreadyReported();
}

/** One line typed at a terminal; the question goes to standard error. @throws AlreadyReported on Ctrl-C */
export async function ask(context: Context, question: string): Promise<string> {
  const { createInterface } = await import("node:readline/promises");
  const { stdin, stderr } = context.streams;
  const lines = createInterface({ input: stdin, output: stderr, terminal: true });
  // In raw mode the terminal sends no signal: readline tells of Ctrl-C by an event, and of Ctrl-D by its end.
  const interrupted = new Promise<null>((resolve) => {
    lines.once("SIGINT", () => resolve(null));
    lines.once("close", () => resolve(null));
  });
  try {
    const answer = await Promise.race([lines.question(question), interrupted]);
    if (answer !== null) return answer;
    stderr.write("\n");
    throw new AlreadyReported(EXIT.interrupted);
  } finally {
    lines.close();
  }
}

import { type BaseArgs, buildCommand, type Command, type TypedCommandParameters } from "@stricli/core";
import type { Context } from "./context.ts";

/** What Stricli's own builder takes: an interface, or nothing. */
type FlagsOf<Flags> = Readonly<Partial<Record<keyof Flags, unknown>>>;

const HELP_WIDTH = 100;

export interface CommandDefinition<Flags extends FlagsOf<Flags>, Args extends BaseArgs> {
  /** One line for the list of commands. */
  readonly brief: string;
  /** More, for `--help`; examples belong into `examples`. */
  readonly details?: string;
  /** Command lines to start from, shown at the end of `--help`. */
  readonly examples?: readonly string[];
  /** Replaces the usage line that comes from the parameters, without `canfar <command>`. */
  readonly usage?: string;
  readonly parameters: TypedCommandParameters<Flags, Args, Context>;
  readonly run: (context: Context, flags: Flags, ...args: Args) => void | Promise<void>;
}

/** A command is data: its words, its parameters, its help, and what it does. */
export function defineCommand<
  const Flags extends FlagsOf<Flags> = NonNullable<unknown>,
  const Args extends BaseArgs = [],
>(definition: CommandDefinition<Flags, Args>): Command<Context> {
  const { brief, details, examples, usage, parameters, run } = definition;
  const text = [
    wrap(details ?? `${brief}.`),
    ...(examples === undefined ? [] : [`\nEXAMPLES\n${examples.map((line) => `  ${line}`).join("\n")}`]),
  ].join("\n");
  return buildCommand<Flags, Args, Context>({
    docs: { brief, fullDescription: text, ...(usage === undefined ? {} : { customUsage: [usage] }) },
    parameters,
    func(this: Context, flags: Flags, ...args: Args) {
      return run(this, flags, ...args);
    },
  });
}

/** Paragraphs of help, broken into lines that fit a terminal. */
function wrap(text: string): string {
  const lines = [""];
  for (const word of text.split(" ")) {
    const line = lines.at(-1) ?? "";
    if (line !== "" && line.length + word.length >= HELP_WIDTH) lines.push(word);
    else lines[lines.length - 1] = line === "" ? word : `${line} ${word}`;
  }
  return lines.join("\n");
}

/** What is done to the words of a command line before Stricli sees them. */
import { CanfarError, isLaunchableKind } from "@canfar/contract";

export const COLOR_CHOICES = ["auto", "always", "never"] as const;
export type ColorChoice = (typeof COLOR_CHOICES)[number];

/** Names that other CANFAR programs know, mapped to amounts of talk. */
const LOG_LEVELS: Readonly<Record<string, Verbosity>> = {
  critical: 0,
  error: 0,
  warning: 0,
  info: 1,
  debug: 2,
};

/** 0: only what matters; 1: a line for each HTTP response; 2: also stack traces. */
export type Verbosity = 0 | 1 | 2;

/** Options that every command takes, at any place before `--`. */
export interface RootOptions {
  readonly color: ColorChoice;
  readonly verbosity: Verbosity;
  /** The machine format that was asked for, so that errors come in it as well. */
  readonly format: string | undefined;
}

export interface CommandLine {
  /** Words for Stricli: everything before `--` without the root options. */
  readonly words: readonly string[];
  /** Everything after the first `--`, verbatim; undefined where there is none. */
  readonly afterDashes: readonly string[] | undefined;
  readonly root: RootOptions;
  /** One sentence for each old spelling that was met. */
  readonly notices: readonly string[];
}

/** Old names of commands: still understood, but said to be old. */
const OLD_COMMANDS: Readonly<Record<string, string>> = {
  launch: "create",
  run: "create",
  del: "delete",
  rm: "delete",
  ls: "ps",
};

const OLD_FLAGS: Readonly<Record<string, string>> = { "--json": "json", "--yaml": "yaml" };

/**
 * Takes a command line apart.
 *
 * @param words what stands behind `canfar`
 * @throws CanfarError `command.usage` for a root option without a proper value
 */
export function parseCommandLine(words: readonly string[]): CommandLine {
  const at = words.indexOf("--");
  const before = at < 0 ? [...words] : words.slice(0, at);
  const notices: string[] = [];
  const { rest, root } = takeRootOptions(modernFlags(before, notices));
  return {
    words: withDefaultVerb(modernCommand(helpAsFlag(rest), notices)),
    afterDashes: at < 0 ? undefined : words.slice(at + 1),
    root,
    notices,
  };
}

function modernFlags(words: readonly string[], notices: string[]): string[] {
  return words.flatMap((word) => {
    const format = OLD_FLAGS[word];
    if (format === undefined) return [word];
    notices.push(`\`${word}\` is the old spelling of \`-o ${format}\`.`);
    return ["-o", format];
  });
}

function modernCommand(words: readonly string[], notices: string[]): string[] {
  const [first = "", ...rest] = words;
  const modern = OLD_COMMANDS[first];
  if (modern === undefined || (first === "run" && !isOldRun(rest))) return [...words];
  notices.push(`\`canfar ${first}\` is now \`canfar ${modern}\`.`);
  return [modern, ...rest];
}

/** `canfar run` once launched an image: a Session Kind, the image behind it, and no script among the words. */
function isOldRun(words: readonly string[]): boolean {
  const at = words.findIndex(isLaunchableKind);
  const hasScript = words.some((word) => /\.(py|sh|ipynb)$/i.test(word));
  return at >= 0 && !hasScript && words[at + 1] !== undefined;
}

/** `canfar help ps` asks for the same as `canfar ps --help`. */
function helpAsFlag(words: readonly string[]): string[] {
  return words[0] === "help" ? [...words.slice(1), "--help"] : [...words];
}

/** `canfar auth` alone shows the login. (A default command of Stricli's would hide the others from completion.) */
function withDefaultVerb(words: readonly string[]): string[] {
  const [noun, next] = words;
  const bare =
    noun === "auth" && (next === undefined || (next.startsWith("-") && !/^(-h|--help)/.test(next)));
  return bare ? [noun, "show", ...words.slice(1)] : [...words];
}

function takeRootOptions(words: readonly string[]): { rest: string[]; root: RootOptions } {
  const rest: string[] = [];
  const leading: string[] = [];
  let color: ColorChoice = "auto";
  let verbosity: Verbosity = 0;
  let level: Verbosity | undefined;
  let format: string | undefined;
  const queue = [...words];
  for (let word = queue.shift(); word !== undefined; word = queue.shift()) {
    const [name = "", value] = splitOption(word);
    const take = () => value ?? queue.shift() ?? missingValue(name);
    if (/^-v+$/.test(word) || word === "--verbose") {
      verbosity = Math.min(2, verbosity + (word === "--verbose" ? 1 : word.length - 1)) as Verbosity;
    } else if (name === "--log-level") {
      level = logLevel(take());
    } else if (name === "--color" || name === "--colour") {
      color = colorChoice(take());
    } else if (name === "-o" || name === "--output") {
      format = take();
      // Before the command it would be taken for the command's name.
      (rest.length === 0 ? leading : rest).push("-o", format);
    } else {
      rest.push(word);
    }
  }
  return { rest: [...rest, ...leading], root: { color, verbosity: level ?? verbosity, format } };
}

/** `--name=value` and `-ojson` as name and value. */
function splitOption(word: string): [name: string, value?: string] {
  const long = /^(--[a-z-]+)=(.*)$/s.exec(word);
  if (long !== null) return [long[1] ?? "", long[2] ?? ""];
  const output = /^-o=?(.+)$/s.exec(word);
  return output === null ? [word] : ["-o", output[1] ?? ""];
}

function missingValue(name: string): never {
  throw new CanfarError("command.usage", {
    message: `${name} needs a value`,
    hint: "See `canfar --help`.",
  });
}

function logLevel(text: string): Verbosity {
  const level = LOG_LEVELS[text.toLowerCase()];
  if (level !== undefined) return level;
  throw new CanfarError("command.usage", {
    message: `--log-level cannot be '${text}'`,
    hint: `Use ${Object.keys(LOG_LEVELS).join(", ")}.`,
  });
}

function colorChoice(text: string): ColorChoice {
  const choice = COLOR_CHOICES.find((candidate) => candidate === text);
  if (choice !== undefined) return choice;
  throw new CanfarError("command.usage", {
    message: `--color cannot be '${text}'`,
    hint: `Use ${COLOR_CHOICES.join(", ")}.`,
  });
}

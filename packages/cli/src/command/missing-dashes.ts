import { CanfarError, isLaunchableKind } from "@canfar/contract";
import type { Command } from "@stricli/core";
import type { Context } from "./context.ts";

/** What is asked about an option: whether the word behind it is its value. */
type Options = Command<Context>["parameters"];

const HELP = ["-h", "--help", "--help-all"];

/**
 * Refuses words behind the Container Image that have no `--` before them, and shows the line as it must be. Without
 * this, `python -c '…'` would be read as `create`'s own `-c`.
 *
 * @param options those that `create` knows
 * @param words what stands behind `canfar create`, before any `--`
 * @throws CanfarError `command.usage`
 */
export function refuseMissingDashes(
  options: Options,
  words: readonly string[],
  afterDashes: readonly string[] = [],
): void {
  const at = indexOfWordBehind(2, options, words);
  if (at === undefined) return;
  if (isLaunchableKind(words[at] ?? "")) throw filledInPattern(words[at] ?? "");
  throw new CanfarError("command.usage", {
    message: `'${words[at]}' stands behind the Container Image; the Session's own command needs -- before it`,
    hint: withDashes("create", { words, at, afterDashes }),
  });
}

/** The same for the script's own words behind `canfar run SCRIPT`. @throws CanfarError `command.usage` */
export function refuseMissingDashesOfRun(
  options: Options,
  words: readonly string[],
  afterDashes: readonly string[] = [],
): void {
  const at = indexOfWordBehind(1, options, words);
  if (at === undefined) return;
  throw new CanfarError("command.usage", {
    message: `'${words[at]}' stands behind the script; the script's own words need -- before them`,
    hint: withDashes("run", { words, at, afterDashes }),
  });
}

function withDashes(
  command: string,
  { words, at, afterDashes }: { words: readonly string[]; at: number; afterDashes: readonly string[] },
): string {
  const fixed = ["canfar", command, ...words.slice(0, at), "--", ...words.slice(at), ...afterDashes];
  return `Write: ${fixed.map(quoted).join(" ")}`;
}

/** `--items *.fits` without quotes: the shell has put the names of all files there. */
function filledInPattern(kind: string): CanfarError {
  return new CanfarError("command.usage", {
    message: `There are words before '${kind}' that belong to no option`,
    hint: "Did the shell fill in a pattern? Put it in quotes: --items '*.fits'.",
  });
}

function indexOfWordBehind(count: number, options: Options, words: readonly string[]): number | undefined {
  const { valued, plain } = spellings(options);
  let found = 0;
  for (let at = 0; at < words.length; at += 1) {
    const word = words[at] ?? "";
    if (valued.has(word)) at += 1;
    else if (plain.has(word)) continue;
    else if (word.startsWith("-") && word.includes("=")) continue;
    // An option that is not known belongs to the Session where all words before it are there; else it is a
    // slip, and what follows may be its value: the parser says so better.
    else if (word.startsWith("-") && found < count) return undefined;
    else if (++found > count) return at;
  }
  return undefined;
}

function spellings({ flags = {}, aliases = {} }: Options): { valued: Set<string>; plain: Set<string> } {
  const [valued, plain] = [new Set<string>(), new Set<string>(HELP)];
  for (const [name, { kind }] of Object.entries(flags)) {
    const kebab = name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
    const short = Object.entries(aliases).filter(([, of]) => of === name);
    const all = [`--${name}`, `--${kebab}`, ...short.map(([letter]) => `-${letter}`)];
    for (const spelling of all) (kind === "boolean" || kind === "counter" ? plain : valued).add(spelling);
  }
  return { valued, plain };
}

/** A word as a shell reads it unchanged. */
export function quoted(word: string): string {
  return /^[A-Za-z0-9_@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}

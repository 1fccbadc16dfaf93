import type { ColorChoice } from "../command/arguments.ts";

const CODES = { bold: 1, dim: 2, red: 31, green: 32, yellow: 33, blue: 34, magenta: 35, cyan: 36 } as const;
export type Colour = keyof typeof CODES;

/** Puts colour around text, or leaves it as it is. */
export type Paint = (colour: Colour, text: string) => string;

export interface PaintOptions {
  readonly choice: ColorChoice;
  readonly terminal: boolean;
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** Decides once for a stream: `--color` first, then NO_COLOR (no-color.org) and FORCE_COLOR, then the terminal. */
export function paintFor({ choice, terminal, env }: PaintOptions): Paint {
  return usesColour(choice, terminal, env)
    ? (colour, text) => `\x1b[${CODES[colour]}m${text}\x1b[0m`
    : (_, text) => text;
}

function usesColour(choice: ColorChoice, terminal: boolean, env: PaintOptions["env"]): boolean {
  if (choice !== "auto") return choice === "always";
  if (env.NO_COLOR) return false;
  if (env.FORCE_COLOR && env.FORCE_COLOR !== "0") return true;
  return terminal && env.TERM !== "dumb";
}

/** Escape sequences of terminals: colours, cursor moves, titles. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: escape sequences begin with one
const ESCAPES = /\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)|[@-Z\\-_])/g;

export function stripEscapes(text: string): string {
  return text.replace(ESCAPES, "");
}

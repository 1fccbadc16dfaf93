import type { ReplicaCounts } from "@canfar/contract";
import type { Colour, Paint } from "./colour.ts";

/** How a bar is drawn: with block characters, or with what every terminal and file has. */
export interface BarStyle {
  readonly unicode: boolean;
  /** Cells of the bar. */
  readonly cells: number;
}

const PARTS = ["completed", "failed", "running", "pending"] as const;
type Part = (typeof PARTS)[number];

const BLOCKS: Readonly<Record<Part, string>> = { completed: "█", failed: "×", running: "▒", pending: "░" };
const LETTERS: Readonly<Record<Part, string>> = { completed: "#", failed: "x", running: ">", pending: "." };
const COLOURS: Readonly<Record<Part, Colour>> = {
  completed: "blue",
  failed: "red",
  running: "green",
  pending: "dim",
};

/** True where characters beyond ASCII can be shown: POSIX's order of the variables that name the locale. */
export function isUtf8(env: Readonly<Record<string, string | undefined>>): boolean {
  const locale = env.LC_ALL || env.LC_CTYPE || env.LANG || "";
  return /utf-?8/i.test(locale) && env.TERM !== "dumb";
}

/** How far a Group is, without colours: `████×▒▒░░░`, or `[####x>>...]`. */
export function drawBar(counts: ReplicaCounts, { unicode, cells }: BarStyle): string {
  const widths = share(
    PARTS.map((part) => counts[part]),
    cells,
  );
  const signs = unicode ? BLOCKS : LETTERS;
  const bar = PARTS.map((part, at) => signs[part].repeat(widths[at] ?? 0)).join("");
  return unicode ? bar : `[${bar}]`;
}

/** Colours the bar that a text begins with. */
export function paintBar(text: string, { unicode, cells }: BarStyle, paint: Paint): string {
  const end = unicode ? cells : cells + 2;
  const signs = unicode ? BLOCKS : LETTERS;
  const runs: readonly string[] = text.slice(0, end).match(/(.)\1*/gu) ?? [];
  const coloured = runs.map((run) => {
    const part = PARTS.find((each) => run.startsWith(signs[each]));
    return part === undefined ? run : paint(COLOURS[part], run);
  });
  return coloured.join("") + text.slice(end);
}

/** Cells for each number, in proportion; what is there at all has one. */
function share(numbers: readonly number[], cells: number): number[] {
  const total = numbers.reduce((sum, number) => sum + number, 0);
  if (total === 0) return numbers.map((_, at) => (at === numbers.length - 1 ? cells : 0));
  const widths = numbers.map((number) =>
    number === 0 ? 0 : Math.max(1, Math.floor((number / total) * cells)),
  );
  const given = () => widths.reduce((sum, width) => sum + width, 0);
  const fairness = (at: number) => ((numbers[at] ?? 0) / total) * cells - (widths[at] ?? 0);
  const places = numbers.map((_, at) => at);
  while (given() !== cells) {
    const short = given() < cells;
    const candidates = places.filter((at) => (short ? (numbers[at] ?? 0) > 0 : (widths[at] ?? 0) > 1));
    const chosen = candidates.reduce((best, at) =>
      short ? (fairness(at) > fairness(best) ? at : best) : fairness(at) < fairness(best) ? at : best,
    );
    widths[chosen] = (widths[chosen] ?? 0) + (short ? 1 : -1);
  }
  return widths;
}

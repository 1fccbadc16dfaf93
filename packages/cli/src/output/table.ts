/** Rows as aligned columns: on a terminal fitted into its width, in a pipe complete. */
import { type Paint, stripEscapes } from "./colour.ts";

export interface Column<Row> {
  readonly title: string;
  readonly value: (row: Row) => string;
  /** Colours the cell after it was cut and padded. */
  readonly paint?: (text: string, row: Row, paint: Paint) => string;
  /** May be cut on a terminal that is too narrow. */
  readonly shrinks?: boolean;
  /** What tells its texts apart is at their end, as in paths: they are cut at the start. */
  readonly keepsEnd?: boolean;
}

export interface TableOptions {
  readonly paint: Paint;
  /** Characters in one line of the terminal; undefined in a pipe, where nothing is cut. */
  readonly width: number | undefined;
}

const GAP = "  ";
const LEAST_WIDTH = 8;

/** @returns lines joined by newlines, with one at the end; titles only where there are rows */
export function formatTable<Row>(
  rows: readonly Row[],
  columns: readonly Column<Row>[],
  options: TableOptions,
): string {
  if (rows.length === 0) return "";
  const cells = rows.map((row) => columns.map(({ value }) => oneLine(value(row))));
  const widths = fit(
    columns.map(({ title }, at) =>
      Math.max(displayWidth(title), ...cells.map((row) => displayWidth(row[at] ?? ""))),
    ),
    columns,
    options.width,
  );
  const line = (texts: readonly string[], decorate: (text: string, at: number) => string) =>
    texts
      .map((text, at) => {
        const last = at === texts.length - 1;
        const cut = (columns[at]?.keepsEnd ? shortenStart : shorten)(text, widths[at] ?? 0);
        return decorate(last ? cut : padEnd(cut, widths[at] ?? 0), at);
      })
      .join(GAP)
      .trimEnd();
  const head = line(
    columns.map(({ title }) => title),
    (text) => options.paint("bold", text),
  );
  const body = rows.map((row, index) =>
    line(cells[index] ?? [], (text, at) => columns[at]?.paint?.(text, row, options.paint) ?? text),
  );
  return `${[head, ...body].join("\n")}\n`;
}

/** A name and its value; without a value it is left out. */
export type Fact = readonly [name: string, value: string | undefined];

/** Names and values below each other, as `canfar info` shows one Session. */
export function formatFacts(facts: readonly Fact[], paint: Paint): string {
  const known = facts.filter((fact): fact is [string, string] => fact[1] !== undefined && fact[1] !== "");
  const width = Math.max(...known.map(([name]) => name.length));
  return known.map(([name, value]) => `${paint("bold", name.padEnd(width))}  ${value}\n`).join("");
}

/** Takes width from the columns that may shrink, the widest first. */
function fit<Row>(
  natural: readonly number[],
  columns: readonly Column<Row>[],
  width: number | undefined,
): number[] {
  const widths = [...natural];
  if (width === undefined) return widths;
  const total = () => widths.reduce((sum, value) => sum + value, 0) + GAP.length * (widths.length - 1);
  while (total() > width) {
    const widest = columns.reduce(
      (best, { shrinks }, at) => (shrinks && (widths[at] ?? 0) > (widths[best] ?? 0) ? at : best),
      columns.findIndex(({ shrinks }) => shrinks),
    );
    if (widest < 0 || (widths[widest] ?? 0) <= LEAST_WIDTH) break;
    widths[widest] = (widths[widest] ?? 0) - 1;
  }
  return widths;
}

/** A cell is one line without control characters: names and messages come from other people's programs. */
function oneLine(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is taken out
  return stripEscapes(text).replace(/[\u0000-\u001f\u007f]+/g, " ");
}

function shorten(text: string, width: number): string {
  if (displayWidth(text) <= width) return text;
  let cut = "";
  for (const character of text) {
    if (displayWidth(cut + character) > width - 1) break;
    cut += character;
  }
  return `${cut}…`;
}

function shortenStart(text: string, width: number): string {
  if (displayWidth(text) <= width) return text;
  let cut = "";
  for (const character of [...text].reverse()) {
    if (displayWidth(character + cut) > width - 1) break;
    cut = character + cut;
  }
  return `…${cut.replace(/^\p{M}+/u, "")}`;
}

function padEnd(text: string, width: number): string {
  return text + " ".repeat(Math.max(0, width - displayWidth(text)));
}

/** Columns that a text takes on a terminal: East Asian wide characters and most emoji take two, marks take none. */
export function displayWidth(text: string): number {
  let width = 0;
  for (const character of text) {
    if (/\p{M}/u.test(character)) continue;
    width +=
      /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe4f\uff00-\uff60\uffe0-\uffe6]|\p{Extended_Pictographic}/u.test(
        character,
      )
        ? 2
        : 1;
  }
  return width;
}

/** A terminal that is drawn on again and again. */
export interface Screen {
  write(text: string): void;
  /** Lines of the terminal. */
  readonly rows: number;
}

/** Text that is replaced in place as it changes; what does not fit the terminal is counted. */
export class LiveView {
  readonly #screen: Screen;
  #drawn = 0;
  #before: string | undefined;

  constructor(screen: Screen) {
    this.#screen = screen;
  }

  /** @param text whole lines */
  show(text: string): void {
    const lines = fitted(text.trimEnd().split("\n"), this.#screen.rows - 1);
    const after = `${lines.join("\n")}\n`;
    if (after === this.#before) return;
    this.#before = after;
    this.#screen.write(`${this.#drawn > 0 ? `\x1b[${this.#drawn}A\x1b[J` : ""}${after}`);
    this.#drawn = lines.length;
  }
}

function fitted(lines: readonly string[], rows: number): readonly string[] {
  if (lines.length <= rows) return lines;
  const shown = Math.max(1, rows - 1);
  return [...lines.slice(0, shown), `… and ${lines.length - shown} more`];
}

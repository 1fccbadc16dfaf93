import type { Context } from "../context.ts";

/** A finished log of a million lines is not a million writes. */
const PIECE_CHARACTERS = 64 * 1024;

/** Writes lines to standard output: at once where they are followed, else in large pieces; no faster than they are read. */
export class LineWriter {
  readonly #context: Context;
  readonly #atOnce: boolean;
  #piece = "";

  constructor(context: Context, options: { atOnce: boolean }) {
    this.#context = context;
    this.#atOnce = options.atOnce;
  }

  /** @param text whole lines, or the end of an output that has no line end */
  async write(text: string): Promise<void> {
    this.#piece += text;
    if (this.#atOnce || this.#piece.length >= PIECE_CHARACTERS) await this.flush();
  }

  async flush(): Promise<void> {
    const text = this.#piece;
    this.#piece = "";
    const { stdout } = this.#context.streams;
    // A slow reader is waited for, so that a long log does not pile up in memory.
    if (text !== "" && !stdout.write(text)) await new Promise((resolve) => stdout.once("drain", resolve));
  }
}

import type { GroupLogLine } from "@canfar/contract";

/** A line that is longer is written in parts, each as a line of its own. */
const LONGEST_LINE = 1024 * 1024;

/**
 * Puts lines together again that arrive in parts, each of its own Session, attempt and stream: between two parts there
 * may be lines of others.
 */
export class WholeLines {
  readonly #open = new Map<string, GroupLogLine>();

  /** @returns the whole line once it is there, else null */
  accept(line: GroupLogLine): GroupLogLine | null {
    const key = `${line.session} ${line.attempt} ${line.stream}`;
    const begun = this.#open.get(key);
    const joined = begun === undefined ? line : { ...begun, text: begun.text + line.text };
    if (line.partial && joined.text.length < LONGEST_LINE) {
      this.#open.set(key, joined);
      return null;
    }
    this.#open.delete(key);
    return joined;
  }

  /** What was never finished. */
  rest(): GroupLogLine[] {
    const left = [...this.#open.values()];
    this.#open.clear();
    return left;
  }
}

/** One line of progress on standard error: redrawn on a terminal, else a line every 10 seconds. */
const WIDTH = 30;
const QUIET_MS = 10_000;

export class Progress {
  readonly #label: string;
  readonly #total: number;
  readonly #start = performance.now();
  #lastLine = performance.now();

  constructor(label: string, total: number) {
    this.#label = label;
    this.#total = total;
  }

  update(done: number, note = ""): void {
    const terminal = process.stderr.isTTY === true;
    const now = performance.now();
    if (!terminal && done < this.#total && now - this.#lastLine < QUIET_MS) return;
    this.#lastLine = now;
    const filled = Math.round((done / this.#total) * WIDTH);
    const bar = `${"█".repeat(filled)}${"░".repeat(WIDTH - filled)}`;
    const seconds = ((now - this.#start) / 1000).toFixed(0);
    const line = `  ${this.#label} ${bar} ${done}/${this.#total}  ${seconds} s ${note}`.trimEnd();
    process.stderr.write(terminal ? `\r\x1b[2K${line}` : `${line}\n`);
  }

  end(): void {
    if (process.stderr.isTTY === true) process.stderr.write("\n");
  }
}

/**
 * Asks `look` until it says that all is done; shows each answer.
 *
 * @param timeoutMs how long it may take at most
 * @throws Error when the time is over, with the last answer
 */
export async function watch(
  label: string,
  total: number,
  timeoutMs: number,
  look: () => Promise<{ done: number; note?: string }>,
): Promise<void> {
  const progress = new Progress(label, total);
  const end = performance.now() + timeoutMs;
  for (;;) {
    const { done, note } = await look();
    progress.update(done, note);
    if (done >= total) break;
    if (performance.now() > end) {
      progress.end();
      throw new Error(`${label}: ${done} of ${total} after ${timeoutMs / 1000} s${note ? `; ${note}` : ""}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 300));
  }
  progress.end();
}

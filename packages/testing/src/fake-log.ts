import type { LogLine, ReadLogOptions } from "@canfar/drivers";

/** The output of one attempt in memory, for readers that may wait for more of it. */
export class FakeLog {
  readonly #lines: LogLine[] = [];
  readonly #waiting = new Set<() => void>();
  #ended = false;

  append(line: LogLine): void {
    this.#lines.push(line);
    this.#wake();
  }

  /** Nothing more will come. */
  end(): void {
    this.#ended = true;
    this.#wake();
  }

  async *read({ follow, tail, since, signal }: ReadLogOptions): AsyncGenerator<LogLine> {
    let position = tail === undefined ? 0 : Math.max(0, this.#lines.length - tail);
    for (;;) {
      for (; position < this.#lines.length; position += 1) {
        const line = this.#lines[position];
        if (line !== undefined && (since === undefined || line.time >= since)) yield line;
      }
      if (!follow || this.#ended || signal?.aborted) return;
      await this.#changed(signal);
    }
  }

  #changed(signal: AbortSignal | undefined): Promise<void> {
    return new Promise((resolve) => {
      const done = () => {
        this.#waiting.delete(done);
        signal?.removeEventListener("abort", done);
        resolve();
      };
      this.#waiting.add(done);
      signal?.addEventListener("abort", done);
    });
  }

  #wake(): void {
    for (const done of this.#waiting) done();
  }
}

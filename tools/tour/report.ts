/** What the tour found out: each check by its sentence, each step by its time. */

export interface Check {
  readonly sentence: string;
  readonly held: boolean;
  /** What was seen instead, where it did not hold. */
  readonly seen: string;
}

/** Collects checks and timings, and prints them at the end. */
export class Report {
  readonly #checks: Check[] = [];
  readonly #timings: { readonly step: string; readonly seconds: number }[] = [];
  readonly #facts: { readonly name: string; readonly value: string }[] = [];

  /** Notes whether a sentence about the platform held. */
  check(sentence: string, held: boolean, seen: unknown = ""): void {
    this.#checks.push({ sentence, held, seen: typeof seen === "string" ? seen : JSON.stringify(seen) });
    process.stderr.write(
      `  ${held ? "✓" : "✗"} ${sentence}${held ? "" : `: ${this.#checks.at(-1)?.seen}`}\n`,
    );
  }

  /** A line of the summary. */
  fact(name: string, value: string | number): void {
    this.#facts.push({ name, value: String(value) });
  }

  /** Runs one step of the tour and notes how long it took. */
  async step<T>(title: string, work: () => Promise<T>): Promise<T> {
    process.stderr.write(`\n${title}\n`);
    const start = performance.now();
    try {
      return await work();
    } finally {
      this.#timings.push({ step: title, seconds: (performance.now() - start) / 1000 });
    }
  }

  /** A step that threw is a failed check. */
  fail(error: unknown): void {
    this.check("the tour reached its end", false, error instanceof Error ? error.message : String(error));
  }

  get failed(): number {
    return this.#checks.filter(({ held }) => !held).length;
  }

  /** The summary, as text for standard output. */
  summary(): string {
    const width = Math.max(
      ...[...this.#facts.map(({ name }) => name), ...this.#timings.map(({ step }) => step)].map(
        (s) => s.length,
      ),
    );
    const lines = [
      "",
      "Summary",
      ...this.#facts.map(({ name, value }) => `  ${name.padEnd(width)}  ${value}`),
      "",
      "Timings",
      ...this.#timings.map(({ step, seconds }) => `  ${step.padEnd(width)}  ${seconds.toFixed(1)} s`),
      "",
      ...this.#checks.filter(({ held }) => !held).map(({ sentence, seen }) => `  ✗ ${sentence}: ${seen}`),
    ];
    return `${lines.join("\n")}\n${this.#checks.length - this.failed} passed, ${this.failed} failed`;
  }
}

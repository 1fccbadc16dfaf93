/**
 * `npm run bench [NAME …]`: each benchmark prints one line of JSON: what was measured, its baseline in the same run, the
 * target, and whether it was met. Nothing here is asserted in a test: machines are shared.
 */
const BENCHMARKS = [
  "command-start",
  "list-sessions",
  "replicas",
  "batch",
  "submit",
  "watch",
  "admission",
  "items",
  "notebook",
  "memory",
  "proxy",
  "logs",
] as const;

/** One figure. `value` must not exceed `target`; without a target it is for information. */
export interface Figure {
  readonly name: string;
  readonly value: number;
  readonly unit: "ratio" | "s" | "MB" | "MB/s" | "files";
  readonly target?: number;
  /** Everything it was computed from. */
  readonly from: Readonly<Record<string, number>>;
}

/** A benchmark module. */
interface Benchmark {
  measure(): Promise<readonly Figure[]>;
}

const wanted = process.argv.slice(2);
for (const name of BENCHMARKS.filter((each) => wanted.length === 0 || wanted.includes(each))) {
  const { measure } = (await import(`./${name}.ts`)) as Benchmark;
  for (const { from, ...figure } of await measure()) {
    const met = figure.target === undefined ? {} : { met: figure.value <= figure.target };
    console.log(JSON.stringify({ benchmark: name, ...figure, ...met, from }, rounded));
  }
}

function rounded(_key: string, value: unknown): unknown {
  return typeof value === "number" ? Number(value.toPrecision(4)) : value;
}

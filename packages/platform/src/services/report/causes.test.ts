import { parseReplicaSelection } from "@canfar/contract";
import { expect, test } from "vitest";
import { causesOf, type Failure } from "./causes.ts";

const failure = (index: number, change: Partial<Failure> = {}): Failure => ({
  ...{ index, session: `session${index}`, reason: "Error", exitCode: 1, signal: null, line: "", items: null },
  ...change,
});

/** Equal numbers for equal seeds (Mulberry32). */
function randomNumbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}

/** Ways in which programs of astronomers fail; each says something else every time. */
const CLASSES: readonly ((random: () => number, index: number) => Partial<Failure>)[] = [
  (random, index) => ({
    line: `FileNotFoundError: [Errno 2] No such file or directory: '/arc/projects/survey/tile_${index}/img-${Math.floor(random() * 1e6)}.fits'`,
  }),
  (random) => ({
    line: `ValueError: cannot reshape array of size ${Math.floor(random() * 1e7)} into shape (2048,2048)`,
  }),
  (random) => ({
    line: `requests.exceptions.ConnectionError: HTTPSConnectionPool(host='ws-${Math.floor(random() * 9)}.canfar.net', port=443): request ${hex(random)}${hex(random)}-${hex(random)}-${hex(random)}-${hex(random)}-${hex(random)}${hex(random)}${hex(random)} timed out after ${(random() * 60).toFixed(2)} s`,
  }),
  () => ({ reason: "OOMKilled", exitCode: 137, signal: "SIGKILL" }),
  (random, index) => ({
    exitCode: 2,
    line: `solver ${index}: no convergence at 0x${hex(random)} after ${Math.floor(random() * 900)} steps`,
  }),
];

function hex(random: () => number): string {
  return Math.floor(random() * 0x10000)
    .toString(16)
    .padStart(4, "0");
}

test.each([1, 2, 3, 4, 5])("five classes of errors over 200 replicas are five causes, seed %d", (seed) => {
  const random = randomNumbers(seed);
  const truth = Array.from({ length: 200 }, () => Math.floor(random() * CLASSES.length));
  const causes = causesOf(truth.map((which, at) => failure(at + 1, CLASSES[which]?.(random, at + 1))));
  expect(causes).toHaveLength(5);
  const found = causes.map(({ replicas }) => indicesOf(replicas));
  const classes = CLASSES.map((_, which) => truth.flatMap((each, at) => (each === which ? [at + 1] : [])));
  // Each cause is one class, complete and nothing else: precision and recall are both 1.
  expect(found.toSorted(byFirst)).toEqual(classes.toSorted(byFirst));
  expect(causes.map(({ count }) => count)).toEqual(
    classes.map(({ length }) => length).toSorted((a, b) => b - a),
  );
});

function indicesOf(selection: string): number[] {
  return parseReplicaSelection(selection).ranges.flatMap(({ from, to }) =>
    Array.from({ length: to - from + 1 }, (_, at) => from + at),
  );
}

function byFirst(a: readonly number[], b: readonly number[]): number {
  return (a[0] ?? 0) - (b[0] ?? 0);
}

test("a cause has its line as it was, its replicas, its files, and what its lines have in common", () => {
  const line = (name: string) => `cannot read /arc/home/a/${name}.fits: bad header`;
  const causes = causesOf([7, 3, 4].map((index) => failure(index, { line: line(`n${index}`) })));
  expect(causes).toEqual([
    {
      ...{ pattern: "cannot read <path>: bad header", example: line("n7"), reason: "Error", exitCode: 1 },
      ...{ count: 3, replicas: "3-4,7", fileCount: 3 },
      files: ["/arc/home/a/n7.fits", "/arc/home/a/n3.fits", "/arc/home/a/n4.fits"],
    },
  ]);
});

test("the same words with another exit code are another cause; with the platform's own end they are not", () => {
  expect(causesOf([failure(1, { line: "x" }), failure(2, { line: "x", exitCode: 2 })])).toHaveLength(2);
  const [late] = causesOf([
    failure(1, { reason: "DeadlineExceeded", exitCode: 143 }),
    failure(2, { reason: "DeadlineExceeded", exitCode: 137 }),
  ]);
  expect(late).toMatchObject({ count: 2, reason: "DeadlineExceeded" });
  expect(late).not.toHaveProperty("exitCode");
});

test("files are the items, where there are any, and not more than a screen can show", () => {
  const [cause] = causesOf(
    Array.from({ length: 300 }, (_, at) => failure(at + 1, { line: "/tmp/x", items: [`${at}.fits`] })),
  );
  expect(cause).toMatchObject({ fileCount: 300, files: expect.arrayContaining(["0.fits"]) });
  expect(cause?.files).toHaveLength(200);
});

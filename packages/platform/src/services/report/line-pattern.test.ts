import { expect, test } from "vitest";
import { commonPattern, filesIn, patternOf, templateOf } from "./line-pattern.ts";

const template = (line: string) => templateOf(patternOf(line));

test.each([
  ["index 1024 is out of bounds for axis 0", "index <number> is out of bounds for axis <number>"],
  ["flux is -1.5e-07, not 3,000.25", "flux is <number>, not <number>"],
  [
    "[Errno 2] No such file or directory: '/arc/home/a/b.fits'",
    "[Errno <number>] No such file or directory: '<text>'",
  ],
  ["cannot read /arc/projects/x/img_0012.fits: truncated", "cannot read <path>: truncated"],
  ["cannot open data/img_1.fits.", "cannot open <path>."],
  ["img_0012.fits not found", "<path> not found"],
  ["KeyError: 'flux'", "KeyError: '<text>'"],
  ["can't open it: it's gone", "can't open it: it's gone"],
  ["object at 0x7f3a9c01 died", "object at <hex> died"],
  ["commit 9fceb02ad1 is bad", "commit <hex> is bad"],
  ["run 123e4567-e89b-12d3-a456-426614174000 lost", "run <uuid> lost"],
  ["2026-11-24T04:05:06.789Z ERROR no disk", "<time> ERROR no disk"],
  ["GET https://ws.canfar.net/arc?x=1 said 503", "GET <address> said <number>"],
  ["45%|████▌     | 45/100 [00:10:01<00:12]", "<number>%| | <number>/<number> [<time><<number>:<number>]"],
  ["numpy.linalg.LinAlgError: Singular matrix", "numpy.linalg.LinAlgError: Singular matrix"],
  ["NGC1234 has   no redshift", "NGC<number> has no redshift"],
  ["“été” n’est pas là", "“<text>” n’est pas là"],
  ["literally <number> of 5", "literally <number> of <number>"],
  ["", ""],
])("%s", (line, expected) => {
  expect(template(line)).toBe(expected);
});

test("what is this replica's alone does not count", () => {
  expect(templateOf(patternOf("worker d1tsqexh died", ["d1tsqexh"]))).toBe("worker <session> died");
});

test("parts that are the same in all lines are told, others are not", () => {
  const lines = ["float64 column 'ra' row 3", "float64 column 'ra' row 4"].map((line) => patternOf(line));
  expect(commonPattern(lines)).toBe("float64 column 'ra' row <number>");
});

test("files are named by addresses, absolute paths and endings, not by programs' places", () => {
  const line =
    "/usr/lib/python3/x.so: 'vos://canfar.net~vault/a' /arc/home/u/raw b.fits 'ra' 12/13 ~/c ./d/e and/or";
  expect(filesIn(patternOf(line))).toEqual(["vos://canfar.net~vault/a", "/arc/home/u/raw", "b.fits", "~/c"]);
});

test("a hostile line costs no more than its length", () => {
  // Matching that is quadratic in the length would not come to its end within the time of a test.
  for (const piece of ["-", "a", "/", ".", "0", "a/", "'", "1e", "0x", "a-", "1/"]) {
    expect(templateOf(patternOf(piece.repeat(200_000 / piece.length)))).not.toBe("");
  }
});

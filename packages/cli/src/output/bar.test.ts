import { describe, expect, test } from "vitest";
import { drawBar, isUtf8, paintBar } from "./bar.ts";

const counts = (completed: number, failed: number, running: number, pending: number) => ({
  completed,
  failed,
  running,
  pending,
});
const unicode = { unicode: true, cells: 10 };
const ascii = { unicode: false, cells: 10 };

describe("a bar", () => {
  test.each([
    [counts(0, 0, 0, 100), "░░░░░░░░░░"],
    [counts(100, 0, 0, 0), "██████████"],
    [counts(37, 0, 20, 43), "████▒▒░░░░"],
    [counts(9_998, 1, 1, 0), "████████×▒"],
    [counts(99, 1, 0, 0), "█████████×"],
    [counts(1, 1, 1, 9_997), "█×▒░░░░░░░"],
    [counts(0, 0, 0, 0), "░░░░░░░░░░"],
  ])("of %j", (given, drawn) => expect(drawBar(given, unicode)).toBe(drawn));

  test("needs no more than ASCII where there is no more", () => {
    expect(drawBar(counts(37, 10, 20, 33), ascii)).toBe("[####x>>...]");
  });

  test("is coloured in runs, and nothing behind it is", () => {
    const paint = (colour: string, text: string) => `<${colour}:${text}>`;
    expect(paintBar("██×▒░░░░░░ 2/10 ××", unicode, paint)).toBe(
      "<blue:██><red:×><green:▒><dim:░░░░░░> 2/10 ××",
    );
    expect(paintBar("[#########x] x", ascii, paint)).toBe("[<blue:#########><red:x>] x");
  });
});

test.each([
  [{ LANG: "en_CA.UTF-8" }, true],
  [{ LANG: "C.utf8" }, true],
  [{ LC_ALL: "C", LANG: "en_CA.UTF-8" }, false],
  [{ LANG: "C.UTF-8", TERM: "dumb" }, false],
  [{}, false],
])("the locale of %j can show more than ASCII: %s", (env, can) => expect(isUtf8(env)).toBe(can));

import { expect, test } from "vitest";
import type { ColorChoice } from "../command/arguments.ts";
import { paintFor, stripEscapes } from "./colour.ts";

const painted = (choice: ColorChoice, terminal: boolean, env: Record<string, string>) =>
  paintFor({ choice, terminal, env })("red", "x") !== "x";

test.each<[string, ColorChoice, boolean, Record<string, string>, boolean]>([
  ["a terminal gets colours", "auto", true, {}, true],
  ["a pipe gets none", "auto", false, {}, false],
  ["NO_COLOR takes them away", "auto", true, { NO_COLOR: "1" }, false],
  ["an empty NO_COLOR says nothing", "auto", true, { NO_COLOR: "" }, true],
  ["--color always beats NO_COLOR and the pipe", "always", false, { NO_COLOR: "1" }, true],
  ["--color never beats FORCE_COLOR", "never", true, { FORCE_COLOR: "1" }, false],
  ["FORCE_COLOR colours a pipe", "auto", false, { FORCE_COLOR: "1" }, true],
  ["a dumb terminal gets none", "auto", true, { TERM: "dumb" }, false],
])("%s", (_, choice, terminal, env, expected) => {
  expect(painted(choice, terminal, env)).toBe(expected);
});

test("colours, titles and cursor moves are taken out of a text", () => {
  expect(stripEscapes("\x1b[1;31ma\x1b[0m\x1b]0;title\x07b\x1b[2K")).toBe("ab");
});

import { describe, expect, test } from "vitest";
import { create } from "../commands/create.ts";
import { run } from "../commands/run.ts";
import { refuseMissingDashes, refuseMissingDashesOfRun } from "./missing-dashes.ts";

function hint(words: readonly string[], after?: readonly string[]): string | undefined {
  try {
    refuseMissingDashes(create.parameters, words, after);
    return undefined;
  } catch (error) {
    return (error as { hint?: string }).hint;
  }
}

test.each([
  ["headless x/y"],
  ["-n a headless -c 2 x/y --replicas 3"],
  ["--name=a headless x/y -q"],
  ["headless x/y -h"],
  ["--nope headless x/y"],
  ["--nmae a headless x/y"],
])("`create %s` needs no --", (line) => {
  expect(hint(line.split(" "))).toBeUndefined();
});

test.each([
  ["headless x/y python a.py", "canfar create headless x/y -- python a.py"],
  ["-c 2 headless x/y -e A=1 python -c print", "canfar create -c 2 headless x/y -e A=1 -- python -c print"],
  ["headless x/y --steps 10", "canfar create headless x/y -- --steps 10"],
])("`create %s` is corrected", (line, expected) => {
  expect(hint(line.split(" "))).toBe(`Write: ${expected}`);
});

test("words are quoted as a shell needs them", () => {
  expect(hint(["headless", "x/y", "sh", "-c", "echo 'a b' $HOME"])).toBe(
    "Write: canfar create headless x/y -- sh -c 'echo '\\''a b'\\'' $HOME'",
  );
});

test("words before and behind a -- come together", () => {
  expect(hint(["headless", "x/y", "python"], ["a.py"])).toBe(
    "Write: canfar create headless x/y -- python a.py",
  );
});

describe("words behind the script of canfar run", () => {
  const refuse = (words: string[], after?: string[]) =>
    refuseMissingDashesOfRun(run.parameters, words, after);

  test.each([
    [["a.py", "--fast"], "canfar run a.py -- --fast"],
    [["-p", "n=1", "a.py", "x", "y z"], "canfar run -p n=1 a.py -- x 'y z'"],
  ])("%j need --", (words, fixed) => {
    expect(() => refuse(words)).toThrow(expect.objectContaining({ hint: `Write: ${fixed}` }));
  });

  test("options of run may stand anywhere before --", () => {
    expect(() => refuse(["a.py", "-r", "3", "--wait"], ["--fast", "x"])).not.toThrow();
  });
});

import { expect, test } from "vitest";
import { parseCommandLine } from "./arguments.ts";

const words = (line: string) => line.split(" ").filter((word) => word !== "");

test.each([
  ["-v ps", 1],
  ["ps -v", 1],
  ["ps -a -vv", 2],
  ["-v ps -v -v", 2],
  ["--log-level debug ps", 2],
  ["ps --log-level=INFO", 1],
  ["-vv --log-level critical ps", 0],
])("`canfar %s` talks with verbosity %d", (line, verbosity) => {
  const parsed = parseCommandLine(words(line));
  expect(parsed.root.verbosity).toBe(verbosity);
  expect(parsed.words.filter((word) => !["-a"].includes(word))).toEqual(["ps"]);
});

test("everything behind -- stays as it was typed, root options included", () => {
  const {
    words: before,
    afterDashes,
    root,
  } = parseCommandLine(["create", "--", "python", "-v", "--", "", "a b"]);
  expect(before).toEqual(["create"]);
  expect(afterDashes).toEqual(["python", "-v", "--", "", "a b"]);
  expect(root.verbosity).toBe(0);
});

test.each([
  ["ps --json", ["ps", "-o", "json"]],
  ["--yaml ps", ["ps", "-o", "yaml"]],
  ["launch headless x/y", ["create", "headless", "x/y"]],
  ["run headless x/y", ["create", "headless", "x/y"]],
  ["rm a b", ["delete", "a", "b"]],
  ["del a", ["delete", "a"]],
  ["ls -a", ["ps", "-a"]],
])("the old spelling `canfar %s` is understood, and said to be old", (line, expected) => {
  const { words: modern, notices } = parseCommandLine(words(line));
  expect(modern).toEqual(expected);
  expect(notices).toHaveLength(1);
});

test.each([
  ["ps -ojson", ["ps", "-o", "json"]],
  ["ps --output=json", ["ps", "-o", "json"]],
  ["-o json ps", ["ps", "-o", "json"]],
  ["auth", ["auth", "show"]],
  ["auth -o json", ["auth", "show", "-o", "json"]],
  ["auth --help", ["auth", "--help"]],
  ["help auth login", ["auth", "login", "--help"]],
  ["image ls", ["image", "ls"]],
])("`canfar %s` is read as %j", (line, expected) => {
  const parsed = parseCommandLine(words(line));
  expect(parsed.words).toEqual(expected);
  expect(parsed.notices).toEqual([]);
});

test.each(["--color", "--color red", "--log-level loud", "ps -o"])("`canfar %s` is refused", (line) => {
  expect(() => parseCommandLine(words(line))).toThrow(expect.objectContaining({ code: "command.usage" }));
});

test("`canfar run` of an image is old, `canfar run` of a script is not", () => {
  const parsed = (line: string) => parseCommandLine(words(line)).words;
  expect(parsed("run headless skaha/terminal")).toEqual(["create", "headless", "skaha/terminal"]);
  expect(parsed("run -n a notebook skaha/astroml")[0]).toBe("create");
  expect(parsed("run -n notebook sky.py")).toEqual(["run", "-n", "notebook", "sky.py"]);
  expect(parsed("run --image skaha/astroml ./sky.ipynb")[0]).toBe("run");
  expect(parsed("run")).toEqual(["run"]);
});

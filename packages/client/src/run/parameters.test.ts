import { describe, expect, test } from "vitest";
import { parseParameter, planCopies } from "./parameters.ts";

const files: Readonly<Record<string, string>> = { "bands.txt": "g\r\nr\n\n i \n", empty: "\n" };
const parse = (text: string) => parseParameter(text, (path) => files[path] ?? null);

describe("a parameter", () => {
  test.each([
    ["n=3", { name: "n", value: "3" }],
    ["text=a=b c\nd", { name: "text", value: "a=b c\nd" }],
    ["empty=", { name: "empty", value: "" }],
    ["mail=@@home", { name: "mail", value: "@home" }],
    ["dry-run=yes", { name: "dry-run", value: "yes" }],
    ["f=@g, r,i", { name: "f", values: ["g", "r", "i"] }],
    ["f=@bands.txt", { name: "f", values: ["g", "r", "i"] }],
  ])("%j is read", (text, expected) => {
    expect(parse(text)).toEqual(expected);
  });

  test.each([
    ["n", "NAME=VALUE"],
    ["=3", "NAME=VALUE"],
    ["1n=3", "NAME=VALUE"],
    ["f=@missing.txt", "no such file"],
    ["f=@", "no such file"],
    ["f=@,", "is empty"],
    ["f=@empty", "is empty"],
  ])("%j is refused", (text, why) => {
    expect(() => parse(text)).toThrow(
      expect.objectContaining({ code: "request.invalid", message: expect.stringContaining(why) }),
    );
  });
});

describe("copies", () => {
  const list = (name: string, count: number) => ({ name, values: Array.from({ length: count }, String) });
  const fixed = { name: "x", value: "1" };

  test("are one for each value, else one for each Replica", () => {
    expect(planCopies([], undefined)).toEqual({ copies: 1, replicas: 1 });
    expect(planCopies([fixed], 5)).toEqual({ copies: 5, replicas: 5 });
    expect(planCopies([fixed, list("a", 7), list("b", 7)], undefined)).toEqual({ copies: 7, replicas: 7 });
    expect(planCopies([list("a", 100)], 8)).toEqual({ copies: 100, replicas: 8 });
  });

  test("cannot be planned where lists differ, a name comes twice, or Replicas had nothing to do", () => {
    expect(() => planCopies([list("a", 2), list("b", 3)], undefined)).toThrow(
      "a has 2 values, that of b has 3",
    );
    expect(() => planCopies([fixed, fixed], undefined)).toThrow("given twice");
    expect(() => planCopies([list("a", 2)], 3)).toThrow("2 values for 3 Replicas");
  });
});

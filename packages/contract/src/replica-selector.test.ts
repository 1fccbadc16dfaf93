import { describe, expect, it } from "vitest";
import {
  formatReplicaSelection,
  isSelected,
  parseReplicaSelection,
  parseReplicaSelector,
  rangesOf,
} from "./replica-selector.ts";

const indices = (text: string) =>
  Array.from({ length: 12 }, (_, at) => at + 1).filter((index) =>
    isSelected(parseReplicaSelection(text), { index, state: index === 11 ? "failed" : "completed" }),
  );

describe("a selector of replicas", () => {
  it.each([
    ["stars", "stars", ""],
    ["@last", "@last", ""],
    ["d1tsqexh[3]", "d1tsqexh", "3"],
    ["stars[3-10,15]", "stars", "3-10,15"],
    ["stars[ Failed , 7 ]", "stars", "7,failed"],
    ["stars[1-9:2]", "stars", "1-9:2"],
    ["stars[1_000]", "stars", "1000"],
    ["stars[]", "stars", ""],
    ["stars[all]", "stars", ""],
  ])("%s", (text, target, selection) => {
    const selector = parseReplicaSelector(text);
    expect(selector.target).toBe(target);
    expect(formatReplicaSelection(selector.replicas)).toBe(selection);
  });

  it.each([
    ["", Array.from({ length: 12 }, (_, at) => at + 1)],
    ["3-5,9", [3, 4, 5, 9]],
    ["2-8:3", [2, 5, 8]],
    ["failed", [11]],
    ["failed,1", [1, 11]],
    ["running", []],
  ])("[%s] selects %j", (text, selected) => expect(indices(text)).toEqual(selected));

  it.each([
    "stars[0]",
    "stars[5-3]",
    "stars[1-9:0]",
    "stars[odd]",
    "stars[3",
    "[3]",
    "",
    "a[1][2]",
    "stars[-3]",
  ])("%s is refused", (text) =>
    expect(() => parseReplicaSelector(text)).toThrow(expect.objectContaining({ code: "request.invalid" })),
  );
});

it("indices are said as the fewest ranges", () => {
  expect(formatReplicaSelection({ ranges: rangesOf([7, 3, 4, 4, 5]), states: [] })).toBe("3-5,7");
  expect(rangesOf([])).toEqual([]);
});

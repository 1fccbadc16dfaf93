import { describe, expect, test } from "vitest";
import { parseAfter, parseNotify } from "./policy-words.ts";

describe("--after", () => {
  test.each([
    ["stars", { word: "stars", when: "ok" }],
    ["stars:any", { word: "stars", when: "any" }],
    ["@last:fail", { word: "@last", when: "fail" }],
  ])("%s", (text, expected) => expect(parseAfter(text)).toEqual(expected));

  test.each(["stars:never", "", ":ok"])("%s is refused", (text) =>
    expect(() => parseAfter(text)).toThrow(expect.objectContaining({ code: "command.usage" })),
  );
});

describe("--notify", () => {
  test.each([
    ["https://example.org/hook?a=b", { target: "https://example.org/hook?a=b", on: ["done"] }],
    ["http://127.0.0.1:80/x", { target: "http://127.0.0.1:80/x", on: ["done"] }],
    ["failed:https://example.org", { target: "https://example.org", on: ["failed"] }],
    ["done,failed:ada@example.org", { target: "mailto:ada@example.org", on: ["done", "failed"] }],
    ["ada@example.org", { target: "mailto:ada@example.org", on: ["done"] }],
    ["mailto:ada@example.org", { target: "mailto:ada@example.org", on: ["done"] }],
    ["failed:mailto:ada@example.org", { target: "mailto:ada@example.org", on: ["failed"] }],
  ])("%s", (text, expected) => expect(parseNotify(text)).toEqual(expected));

  test.each(["somebody", "started:https://example.org", "ftp://example.org", "done:", "", "done,failed"])(
    "%s is refused",
    (text) => expect(() => parseNotify(text)).toThrow(expect.objectContaining({ code: "command.usage" })),
  );
});

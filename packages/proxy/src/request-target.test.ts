import { expect, test } from "vitest";
import { climbsOut, parseTarget, withoutParameters } from "./request-target.ts";

test("path and query are split and stay undecoded", () => {
  expect(parseTarget("/session/a%20b/?x=/../%2e")).toEqual({
    pathname: "/session/a%20b/",
    query: "?x=/../%2e",
  });
  expect(parseTarget("/a?b?c")).toEqual({ pathname: "/a", query: "?b?c" });
});

test.each([
  "",
  "*",
  "session/",
  "http://127.0.0.1/session/notebook/abcd1234/",
  "127.0.0.1:80",
  "/a#b",
  "/a?b#c",
  "\\a",
  "/a\\..\\b",
])("%j is no target of ours", (url) => {
  expect(parseTarget(url)).toBeNull();
});

test.each([
  "..",
  "../other/",
  "a/../../b",
  "a//../../b",
  "./../b",
  "%2e%2e/b",
  ".%2E/b",
  "..%2fb",
  "a%2f..%2f..",
  "%2e%2e%2f",
  "%252e%252e/b",
  "%25252e%25252e/b",
  "..%5cb",
  "a/..;x=1/..;/b",
  "..%3b/b",
  "%25252525252e./b",
])("%j leaves its folder", (rest) => {
  expect(climbsOut(rest)).toBe(true);
});

test.each([
  "",
  "lab/tree/a",
  "a/../b",
  "a/..",
  "...",
  "..a/b",
  "a%2Fb.fits",
  "files/100%25.txt",
  "files/%zz",
  "a;b=..",
  "api/contents/my%20notebook.ipynb",
  "//x",
  "é",
])("%j stays in its folder", (rest) => {
  expect(climbsOut(rest)).toBe(false);
});

test.each([
  ["", ""],
  ["?ticket=1", ""],
  ["?a=1&ticket=2&b=%20+x", "?a=1&b=%20+x"],
  ["?%74icket=2&a", "?a"],
  ["?Ticket=2", "?Ticket=2"],
  ["?tickets=2&%zz=1", "?tickets=2&%zz=1"],
  ["?a=ticket=2", "?a=ticket=2"],
])("%j without the ticket is %j", (query, expected) => {
  expect(withoutParameters(query, (name) => name === "ticket")).toBe(expected);
});

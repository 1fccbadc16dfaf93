import { CanfarError } from "@canfar/contract";
import { expect, test } from "vitest";
import { combinedExitCode, exitCodeOf } from "./exit-code.ts";

const failure = (code: "session.not_found" | "authentication.expired" | "server.unavailable") =>
  new CanfarError(code, { message: "" });

test.each([
  [3, failure("authentication.expired")],
  [4, failure("session.not_found")],
  [6, failure("server.unavailable")],
  [1, new Error("a bug")],
  [1, "not even an error"],
])("exit code %d", (expected, error) => {
  expect(exitCodeOf(error)).toBe(expected);
});

test("one verb over several things tells of all of them", () => {
  expect(combinedExitCode(3, [])).toBe(0);
  expect(combinedExitCode(1, [failure("session.not_found")])).toBe(7);
  expect(combinedExitCode(0, [failure("session.not_found"), failure("server.unavailable")])).toBe(6);
});

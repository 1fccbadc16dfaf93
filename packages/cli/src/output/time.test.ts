import { expect, test } from "vitest";
import { formatDuration, parseDuration, parseInstant } from "./time.ts";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

test.each([
  [0, "0 s"],
  [-5, "0 s"],
  [59_999, "59 s"],
  [MINUTE, "1 min"],
  [3 * HOUR + 5 * MINUTE, "3 h 5 min"],
  [24 * HOUR, "1 d"],
  [26 * HOUR, "1 d 2 h"],
  [30 * 24 * HOUR + HOUR, "30 d"],
])("%d ms are '%s'", (milliseconds, text) => {
  expect(formatDuration(milliseconds)).toBe(text);
});

test.each([
  ["90", 90_000],
  ["90m", 90 * MINUTE],
  ["1h30m", 90 * MINUTE],
  ["2d", 48 * HOUR],
  ["1.5h", 90 * MINUTE],
  ["", null],
  ["m", null],
  ["5x", null],
  ["-5m", null],
  ["5 m", null],
])("'%s' is %s ms", (text, milliseconds) => {
  expect(parseDuration(text)).toBe(milliseconds);
});

test("a moment may be a length of time ago, or a date", () => {
  const now = new Date("2026-11-24T12:00:00Z");
  expect(parseInstant("10m", now).toISOString()).toBe("2026-11-24T11:50:00.000Z");
  expect(parseInstant("2026-11-24T01:02:03Z", now).toISOString()).toBe("2026-11-24T01:02:03.000Z");
  expect(() => parseInstant("yesterday", now)).toThrow(/neither/);
});

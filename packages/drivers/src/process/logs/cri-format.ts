/**
 * The log format of Kubernetes' container runtime interface: `<RFC 3339 time> <stream> <F|P> <text>`, one line each.
 * `P` marks a part of a line whose end comes later, or never.
 */
import type { LogLine } from "../../session-driver.ts";

/** Longer lines are stored in parts of this many UTF-16 units, about as container runtimes do. */
export const MAX_PART_LENGTH = 16 * 1024;

/** Where the fields of a line of ours begin: `2026-11-24T12:00:00.000000Z stdout F text`. */
const STREAM_AT = 28;
const TAG_AT = 35;
const TEXT_AT = 37;

/** Milliseconds since 1970, with fractions; within one process it never goes back. */
export function currentTime(): number {
  return performance.timeOrigin + performance.now();
}

/** RFC 3339 with microseconds. @param milliseconds since 1970, with fractions */
export function formatTime(milliseconds: number): string {
  const whole = Math.floor(milliseconds);
  const micros = Math.floor((milliseconds - whole) * 1000);
  return `${new Date(whole).toISOString().slice(0, -1)}${String(micros).padStart(3, "0")}Z`;
}

/** The same form for a time that a user wrote, so that both compare as texts. @param text ISO 8601 */
export function normalizeTime(text: string): string {
  return /\.\d{6}Z$/.test(text) ? text : formatTime(Date.parse(text));
}

export function formatLine(line: LogLine): string {
  return `${line.time} ${line.stream} ${line.partial ? "P" : "F"} ${line.text}\n`;
}

/** @returns the line, or null where the text is cut off or not of this format */
export function parseLine(text: string): LogLine | null {
  const stream = text.slice(STREAM_AT, TAG_AT - 1);
  const tag = text[TAG_AT];
  if ((stream !== "stdout" && stream !== "stderr") || (tag !== "F" && tag !== "P")) return null;
  return { time: text.slice(0, STREAM_AT - 1), stream, partial: tag === "P", text: text.slice(TEXT_AT) };
}

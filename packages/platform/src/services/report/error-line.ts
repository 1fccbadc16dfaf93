import { stripVTControlCharacters } from "node:util";
import type { LogLine } from "@canfar/drivers";

/** A line is cut here: what tells causes apart stands at its beginning. */
const LONGEST_LINE = 500;

/** What says that a program ended, not why. */
const NO_REASON = /^(Execution halted|\.\.\. \d+ more|During handling of the above exception.*)$/;

/** Where an interpreter tells the way to an error: a Python frame, or the line before the first one. */
const PYTHON_FRAME = /^\s*(?:\| )?(?:Traceback \(most recent call last\):|File ".*", line \d+)/;

/**
 * The line of a failed attempt's output that says best why it failed: the exception behind a traceback, else the last
 * line on standard error that is no stack frame; standard output counts where nothing was written there.
 *
 * @param tail the last lines that it wrote, oldest first
 * @returns the line without colours and line end; empty where it wrote nothing
 */
export function errorLineOf(tail: readonly LogLine[]): string {
  const errors = wholeLines(tail, "stderr");
  const lines = errors.length > 0 ? errors : wholeLines(tail, "stdout");
  return (exceptionLine(lines) ?? lastReason(lines) ?? "").trim().slice(0, LONGEST_LINE);
}

/** Lines of one stream that say something; parts of a line are joined again. */
function wholeLines(tail: readonly LogLine[], stream: LogLine["stream"]): string[] {
  const lines: string[] = [];
  let begun = "";
  for (const line of tail) {
    if (line.stream !== stream) continue;
    begun += line.text;
    if (line.partial) continue;
    lines.push(begun);
    begun = "";
  }
  return [...lines, begun].map(asSeen).filter((line) => line.trim() !== "");
}

/** What a terminal would show of a line: no colours, and of a progress bar only its last state. */
function asSeen(text: string): string {
  const plain = stripVTControlCharacters(text);
  return plain.slice(plain.trimEnd().lastIndexOf("\r") + 1).trimEnd();
}

/** Behind the last frame of a Python traceback; the message may go on over further lines. */
function exceptionLine(lines: readonly string[]): string | undefined {
  const frame = lines.findLastIndex((line) => PYTHON_FRAME.test(line));
  if (frame < 0) return undefined;
  return lines.slice(frame + 1).find((line) => /^\S/.test(line));
}

function lastReason(lines: readonly string[]): string | undefined {
  return (
    lines.findLast((line) => line.startsWith("Caused by: ")) ??
    lines.findLast((line) => /^\S/.test(line) && !NO_REASON.test(line)) ??
    lines.at(-1)
  );
}

import type { LogLine } from "@canfar/drivers";
import { expect, test } from "vitest";
import { errorLineOf } from "./error-line.ts";

const lines = (text: string, stream: LogLine["stream"] = "stderr"): LogLine[] =>
  text.split("\n").map((line) => ({ time: "", stream, text: line, partial: false }));

const PYTHON = `reading
Traceback (most recent call last):
  File "/arc/home/a/batch.py", line 7, in <module>
    main(sys.argv[1])
  File "/arc/home/a/batch.py", line 3, in main
    raise ValueError("no flux")
ValueError: no flux`;

test.each([
  ["the last line of standard error", "starting\nfatal: no disk\n", "fatal: no disk"],
  ["the exception behind a traceback", PYTHON, "ValueError: no flux"],
  [
    "the exception's first line, where its message has more",
    `${PYTHON}\n  in row 3\nsee the manual`,
    "ValueError: no flux",
  ],
  [
    "the last exception of a chain",
    `${PYTHON}\n\nDuring handling of the above exception, another exception occurred:\n\n${PYTHON.replaceAll("ValueError: no", "KeyError: bad")}`,
    "KeyError: bad flux",
  ],
  [
    "a traceback whose beginning was cut off",
    '    main()\n  File "x.py", line 3\n    raise E\nE: cut',
    "E: cut",
  ],
  [
    "the cause behind a Java stack",
    'Exception in thread "main" A: x\n\tat B.c(B.java:3)\nCaused by: D: y\n\tat E.f(E.java:4)\n\t... 3 more',
    "Caused by: D: y",
  ],
  [
    "the error before R's last words",
    "Error in f(x) : no such column\nCalls: main -> f\nExecution halted",
    "Calls: main -> f",
  ],
  ["the last state of a progress bar", "10%\r50%\rdied at 51%", "died at 51%"],
  ["a line without colours", "\u001b[31mERROR\u001b[0m bad", "ERROR bad"],
  ["nothing where nothing was written", "", ""],
])("is %s", (_, text, expected) => {
  expect(errorLineOf(lines(text))).toBe(expected);
});

test("is of standard error, however much else was printed behind it", () => {
  expect(errorLineOf([...lines("why"), ...lines("bye", "stdout")])).toBe("why");
  expect(errorLineOf([...lines("  \n"), ...lines("only this", "stdout")])).toBe("only this");
});

test("is put together where a line came in parts", () => {
  const part = { time: "", stream: "stderr" as const };
  const between = { time: "", stream: "stdout" as const, text: "x", partial: false };
  const tail = [{ ...part, text: "a ", partial: true }, between, { ...part, text: "whole", partial: true }];
  expect(errorLineOf(tail)).toBe("a whole");
});

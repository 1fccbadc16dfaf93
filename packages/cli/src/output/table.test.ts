import { expect, test } from "vitest";
import { paintFor } from "./colour.ts";
import { type Column, displayWidth, formatTable } from "./table.ts";

interface Row {
  readonly id: string;
  readonly name: string;
}

const COLUMNS: readonly Column<Row>[] = [
  { title: "ID", value: ({ id }) => id },
  { title: "NAME", value: ({ name }) => name, shrinks: true },
  { title: "END", value: () => "end" },
];

const plain = paintFor({ choice: "never", terminal: false, env: {} });
const LONG = "a-very-long-name-of-a-session-that-nobody-can-read";

test("a pipe gets every column complete, however long", () => {
  const text = formatTable([{ id: "1", name: LONG }], COLUMNS, { paint: plain, width: undefined });
  expect(text).toContain(LONG);
});

test("a terminal that is too narrow gets shorter names, never shorter ids", () => {
  const text = formatTable([{ id: "12345678", name: LONG }], COLUMNS, { paint: plain, width: 40 });
  for (const line of text.trimEnd().split("\n")) expect(displayWidth(line)).toBeLessThanOrEqual(40);
  expect(text).toContain("12345678");
  expect(text).toContain("…");
});

test("a column that keeps the end cuts the start, so that paths stay apart", () => {
  const columns: Column<string>[] = [{ title: "ITEM", value: (path) => path, shrinks: true, keepsEnd: true }];
  const rows = ["/arc/projects/survey/image_1.fits", "/arc/projects/survey/image_2.fits", "short"];
  const lines = formatTable(rows, columns, { paint: plain, width: 14 }).trimEnd().split("\n");
  expect(lines).toEqual(["ITEM", "…/image_1.fits", "…/image_2.fits", "short"]);
});

test("characters of double width keep the columns aligned", () => {
  const rows = [
    { id: "1", name: "銀河" },
    { id: "2", name: "vega" },
  ];
  const lines = formatTable(rows, COLUMNS, { paint: plain, width: undefined }).trimEnd().split("\n");
  expect(lines.map((line) => displayWidth(line.slice(0, line.search(/end|END/))))).toEqual([10, 10, 10]);
});

test("escape sequences and newlines in a cell cannot disturb the terminal or the rows", () => {
  const text = formatTable([{ id: "1", name: "\x1b[31mred\x1b[0m\nsecond\x07" }], COLUMNS, {
    paint: plain,
    width: undefined,
  });
  expect(text.trimEnd().split("\n")).toHaveLength(2);
  expect(text).not.toContain("\x1b");
  expect(text).not.toContain("\x07");
});

test("no rows give no titles", () => {
  expect(formatTable([], COLUMNS, { paint: plain, width: undefined })).toBe("");
});

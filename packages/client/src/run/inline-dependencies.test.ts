import { expect, test } from "vitest";
import { inlineDependencies } from "./inline-dependencies.ts";

const python = (text: string) => inlineDependencies(text, { name: "a.py", kind: "python" });
const notebook = (text: string) => inlineDependencies(text, { name: "a.ipynb", kind: "notebook" });

const BLOCK = `# /// script
# requires-python = ">=3.10"
# dependencies = [
#   "humanize>=4",
#   "rich",  # for tables
# ]
#
# [tool.uv]
# exclude-newer = "2026-01-01T00:00:00Z"
# ///
`;

test("the block of PEP 723 is read, wherever it stands", () => {
  const expected = { dependencies: ["humanize>=4", "rich"], requiresPython: ">=3.10" };
  expect(python(BLOCK)).toEqual(expected);
  expect(python(`#!/usr/bin/env python3\n"""Doc."""\n\n${BLOCK}import rich\n`)).toEqual(expected);
  expect(python(BLOCK.replaceAll("\n", "\r\n"))).toEqual(expected);
  expect(python(BLOCK.trimEnd())).toEqual(expected);
});

test("a notebook may have it in a code cell, not in a text", () => {
  const cells = [
    { cell_type: "markdown", source: [BLOCK] },
    { cell_type: "code", source: '# /// script\n# dependencies = ["one"]\n# ///\n' },
  ];
  expect(notebook(JSON.stringify({ cells }))?.dependencies).toEqual(["one"]);
  const lines = [{ cell_type: "code", source: ["# /// script\n", '# dependencies = ["two"]\n', "# ///"] }];
  expect(notebook(JSON.stringify({ cells: lines }))?.dependencies).toEqual(["two"]);
});

test("what has none needs none", () => {
  expect(python("print('# /// script')\n")).toBeNull();
  expect(python("# /// other\n# dependencies = []\n# ///\n")).toBeNull();
  expect(python("# /// script\n# dependencies = []\n# ///\n")).toBeNull();
  expect(inlineDependencies(BLOCK, { name: "a.sh", kind: "shell" })).toBeNull();
});

test("what cannot be read is refused, with the reason", () => {
  expect(() => python("# /// script\n# dependencies = [\n# ///\n")).toThrow(
    /block .* of a.py cannot be read/,
  );
  expect(() => python("# /// script\n# dependencies = [3]\n# ///\n")).toThrow("texts of one line");
  expect(() => python(`${BLOCK}\n${BLOCK}`)).toThrow("there may be one");
  expect(() => notebook("{")).toThrow("a.ipynb is no notebook");
  expect(() => notebook("{}")).toThrow("it has no cells");
});

/**
 * Keeps the docs true: links inside the repository lead somewhere, every command shown is one that `npm test` runs
 * (e2e/docs.test.ts runs the `sh` blocks of the files in TESTED_DOCS), and every TypeScript block is type-checked there.
 */
import { existsSync, globSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));

/** Documents whose commands the documentation test runs, in this order. */
export const TESTED_DOCS = ["README.md", "docs/guide.md", "docs/operator.md"] as const;

/** One fenced block of a document. */
export interface Block {
  readonly language: string;
  readonly text: string;
  /** Line of its first row, from 1. */
  readonly line: number;
}

export function blocksOf(markdown: string): Block[] {
  const pattern = /^```(\w*)\n([\s\S]*?)^```$/gm;
  return [...markdown.matchAll(pattern)].map((match) => ({
    language: match[1] ?? "",
    text: match[2] ?? "",
    line: markdown.slice(0, match.index).split("\n").length + 1,
  }));
}

/** Links of a document that lead to a file which is not there. */
export function brokenLinks(file: string, markdown: string): string[] {
  return [...markdown.matchAll(/\]\(([^)#\s]+)(?:#[^)]*)?\)/g)]
    .map(([, target = ""]) => target)
    .filter((target) => !/^[a-z]+:/.test(target))
    .filter((target) => !existsSync(join(root, dirname(file), target)));
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const problems: string[] = [];
  for (const file of globSync(["*.md", "docs/**/*.md", "examples/**/*.md"], { cwd: root })) {
    const markdown = readFileSync(join(root, file), "utf8");
    for (const target of brokenLinks(file, markdown))
      problems.push(`${file}: links to ${target}, which is not there`);
    const tested = (TESTED_DOCS as readonly string[]).includes(file);
    for (const { language, line } of blocksOf(markdown)) {
      if (language === "sh" && !tested)
        problems.push(`${file}:${line}: commands that no test runs; see TESTED_DOCS`);
    }
  }
  for (const problem of problems) console.error(problem);
  process.exitCode = problems.length === 0 ? 0 : 1;
}

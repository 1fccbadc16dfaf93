/**
 * Keeps the glossary (CONTEXT.md): exported names never use a word that the glossary avoids, so that one thing has
 * one name in code, help and docs.
 */
import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));

/** Avoided word → what to say instead. The first two columns of the table in CONTEXT.md must hold them too. */
export const AVOIDED: Readonly<Record<string, string>> = {
  job: "Session",
  jobs: "Sessions",
  pod: "Session",
  pods: "Sessions",
  harbor: "Container Registry",
  util: "the thing's own name",
  utils: "the thing's own name",
  manager: "what it does",
};

/** Words of an identifier: `newSessionId` → new, session, id. */
export function wordsOf(identifier: string): string[] {
  return identifier
    .replace(/([a-z0-9])([A-Z])/g, "$1 $2")
    .split(/[\s_]+/)
    .map((word) => word.toLowerCase());
}

/** Each exported name with an avoided word in it. */
export function avoidedIn(source: string): { name: string; word: string }[] {
  const pattern =
    /^export\s+(?:async\s+)?(?:const|let|function\*?|class|interface|type)\s+([A-Za-z_$][\w$]*)/gm;
  return [...source.matchAll(pattern)].flatMap(([, name = ""]) =>
    wordsOf(name)
      .filter((word) => Object.hasOwn(AVOIDED, word))
      .map((word) => ({ name, word })),
  );
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  let found = 0;
  for (const file of globSync("packages/*/src/**/*.ts", { cwd: root })) {
    for (const { name, word } of avoidedIn(readFileSync(join(root, file), "utf8"))) {
      console.error(`${file}: ${name} says "${word}"; the glossary says "${AVOIDED[word]}"`);
      found += 1;
    }
    if (/(^|\/)(utils?|helpers?|misc|common)\.ts$/.test(file)) {
      console.error(`${file}: name the thing, not its usefulness`);
      found += 1;
    }
  }
  process.exitCode = found === 0 ? 0 : 1;
}

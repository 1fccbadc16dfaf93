/** `npm run check`: format, lint, types, boundaries, vocabulary, docs; every check runs, all failures are shown. */
import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));

const CHECKS: readonly (readonly [name: string, command: string, ...args: string[]])[] = [
  ["format and lint", "biome", "check", "--error-on-warnings", "."],
  ["types", "tsc", "-p", "."],
  ["boundaries", "node", "tools/check-boundaries.ts"],
  ["vocabulary", "node", "tools/check-vocabulary.ts"],
  ["docs", "node", "tools/check-docs.ts"],
];

/** Runs one check. @returns what it printed, and whether it passed */
function run(command: string, args: readonly string[]): Promise<{ passed: boolean; output: string }> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd: root, stdio: ["ignore", "pipe", "pipe"] });
    let output = "";
    child.stdout.on("data", (chunk: Buffer) => {
      output += chunk.toString();
    });
    child.stderr.on("data", (chunk: Buffer) => {
      output += chunk.toString();
    });
    child.on("error", reject);
    child.on("close", (code) => resolve({ passed: code === 0, output }));
  });
}

const results = await Promise.all(
  CHECKS.map(async ([name, command, ...args]) => ({ name, ...(await run(command, args)) })),
);
for (const { name, passed, output } of results) {
  console.log(`${passed ? "ok  " : "FAIL"}  ${name}`);
  if (!passed) console.log(output.trimEnd());
}
const failed = results.filter(({ passed }) => !passed).length;
console.log(`${results.length - failed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;

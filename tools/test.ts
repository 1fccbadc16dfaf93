/**
 * `npm test`: installs what is missing, runs every check and every test, and ends with the line
 * `N passed, N failed, N skipped`. Words after the command narrow it to test files that match.
 */
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { BUBBLEWRAP, CHROMIUM, installSystemPackages } from "./system-packages.ts";

const root = fileURLToPath(new URL("..", import.meta.url));
const filters = process.argv.slice(2);

/** The part of Vitest's JSON report that is counted here. */
interface Report {
  readonly numPassedTests: number;
  readonly numFailedTests: number;
  readonly numPendingTests: number;
  readonly numTodoTests: number;
  readonly success: boolean;
  readonly testResults: readonly {
    readonly status: string;
    readonly assertionResults: readonly { readonly status: string }[];
  }[];
}

installSystemPackages([BUBBLEWRAP, CHROMIUM], (line) => console.error(line));
const check = filters.length > 0 ? 0 : run("node", ["tools/check.ts"]);
const report = runTests();
// A file that cannot be loaded or prepared counts as one failure: its tests count as none, or as skipped.
const broken = report.testResults.filter(
  ({ status, assertionResults }) =>
    status === "failed" && assertionResults.every((result) => result.status !== "failed"),
);
const passed = report.numPassedTests + (check === 0 && filters.length === 0 ? 1 : 0);
const failed = report.numFailedTests + broken.length + (check === 0 ? 0 : 1);
console.log(`${passed} passed, ${failed} failed, ${report.numPendingTests + report.numTodoTests} skipped`);
process.exitCode = failed === 0 && report.success && passed > 0 ? 0 : 1;

function run(command: string, args: readonly string[]): number {
  return spawnSync(command, args, { cwd: root, stdio: "inherit" }).status ?? 1;
}

function runTests(): Report {
  const folder = mkdtempSync(join(tmpdir(), "canfar-test-"));
  const file = join(folder, "report.json");
  try {
    run("vitest", ["run", "--reporter=default", "--reporter=json", `--outputFile.json=${file}`, ...filters]);
    return JSON.parse(readFileSync(file, "utf8")) as Report;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/**
 * Entry of the `canfar` command. It answers `--version` at once and otherwise loads the rest behind the compile cache,
 * because start-up time is most of the time that a short command takes.
 */
import module from "node:module";
import { VERSION } from "./version.ts";

const words = process.argv.slice(2);
if (words.length === 1 && words[0] === "--version") {
  process.stdout.write(`${VERSION}\n`);
} else {
  // Absent before Node 22; the command then compiles its code each time.
  module.enableCompileCache?.();
  const { runCommandLine } = await import("./command/run.ts");
  await runCommandLine(words);
}

/** Every command and every program that the docs show is run, in the order in which a reader meets it. */
import { mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { fileURLToPath } from "node:url";
import { runCommand, ScratchPlatform } from "@canfar/testing/scratch-platform";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { blocksOf, TESTED_DOCS } from "../tools/check-docs.ts";

const root = fileURLToPath(new URL("..", import.meta.url));
const scripts = JSON.parse(readFileSync(join(root, "package.json"), "utf8")).scripts as Record<
  string,
  string
>;
let platform: ScratchPlatform;

beforeAll(async () => {
  platform = await ScratchPlatform.start();
});
afterAll(() => platform.remove());

describe.each(TESTED_DOCS)("%s", (file) => {
  const blocks = blocksOf(readFileSync(join(root, file), "utf8"));
  const commands = blocks
    .filter(({ language }) => language === "sh")
    .flatMap(({ text, line }) =>
      text.split("\n").map((command, row) => ({ command: command.trim(), line: line + row })),
    )
    .filter(({ command }) => command !== "");

  test.each(commands)("line $line: $command", async ({ command }) => {
    if (command.startsWith("npm ")) {
      // These start whole runs of their own; that they exist is checked here, that they work by the runs themselves.
      const name = /^npm (?:run )?(\S+)/.exec(command)?.[1] ?? "";
      expect(scripts).toHaveProperty(name);
      return;
    }
    await nothingIsUnderWay();
    const { stderr, exitCode } = await runCommand("sh", ["-c", command], {
      cwd: root,
      env: {
        ...platform.env,
        PATH: `${join(root, "node_modules/.bin")}${delimiter}${process.env.PATH}`,
        BROWSER: "true",
      },
      input: `${platform.username}\n${platform.password}\n`,
    });
    expect(exitCode, stderr).toBe(0);
  });

  test.each(blocks.filter(({ language }) => language === "ts"))("line $line: a program", async ({ text }) => {
    const { stderr, exitCode } = await runProgram(text);
    expect(exitCode, stderr).toBe(0);
  });
});

/** A reader types slowly: batch Sessions of the command before have ended by the next one. */
async function nothingIsUnderWay(): Promise<void> {
  const pending = async () => {
    const { stdout, exitCode } = await platform.canfar(["ps", "-k", "headless", "-q"]);
    return exitCode === 0 ? stdout.trim() : "";
  };
  await expect.poll(pending, { timeout: 20 * 60_000, interval: 200 }).toBe("");
}

/** Runs a TypeScript block as a user's own project would, with the built package installed. */
async function runProgram(text: string) {
  const folder = mkdtempSync(join(tmpdir(), "canfar-docs-"));
  try {
    symlinkSync(join(root, "node_modules"), join(folder, "node_modules"));
    writeFileSync(join(folder, "program.ts"), text);
    writeFileSync(join(folder, "package.json"), '{"type":"module"}');
    return await runCommand(process.execPath, ["program.ts"], { cwd: folder, env: platform.env });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

import { type ChildProcess, spawn } from "node:child_process";
import { text } from "node:stream/consumers";

/** A Node process of its own that runs a module given as text. Static imports need absolute addresses. */
export function startNode(source: string, words: readonly string[] = []): ChildProcess {
  return spawn(process.execPath, ["--input-type=module-typescript", "--eval", source, "--", ...words], {
    stdio: ["ignore", "pipe", "pipe"],
  });
}

/** Runs it to its end. @returns what it printed @throws Error when it failed */
export async function runNode(source: string, words: readonly string[] = []): Promise<string> {
  const child = startNode(source, words);
  const ended = new Promise<number | null>((resolve) => child.once("close", resolve));
  if (child.stdout === null || child.stderr === null) throw new Error("the process has no output");
  const [stdout, stderr, code] = await Promise.all([text(child.stdout), text(child.stderr), ended]);
  if (code !== 0) throw new Error(`the process ended with ${code}: ${stderr}`);
  return stdout;
}

/** Address of a module of this package, for such a process. */
export function moduleUrl(path: string): string {
  return new URL(`../${path}`, import.meta.url).href;
}

import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { z } from "zod";
import type { DataFolder } from "./data-folder.ts";

const runFileSchema = z.object({
  url: z.string(),
  pid: z.int(),
  /** The data folder. */
  data: z.string(),
  startedAt: z.string(),
  version: z.string(),
  /** What is missing on this machine and what that loses, one sentence each. */
  notices: z.array(z.string()).default([]),
});

/** What a running platform leaves on disk so that clients find it. */
export type RunFile = z.infer<typeof runFileSchema>;

/** Files that tell of a running platform: one in its data folder, one where clients of this user look. */
export function runFilePaths(folder: DataFolder, home: string): string[] {
  const name = createHash("sha256").update(folder.root).digest("hex");
  return [folder.runFile, join(home, ".canfar", "platforms", `${name}.json`)];
}

/** Writes the files, whole or not at all. */
export function writeRunFiles(paths: readonly string[], run: RunFile): void {
  for (const path of paths) {
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    const unfinished = `${path}.${process.pid}`;
    writeFileSync(unfinished, `${JSON.stringify(run)}\n`, { mode: 0o600 });
    renameSync(unfinished, path);
  }
}

export function removeRunFiles(paths: readonly string[]): void {
  for (const path of paths) rmSync(path, { force: true });
}

/** @returns null where there is none, or none that can be understood */
export function readRunFile(path: string): RunFile | null {
  try {
    return runFileSchema.parse(JSON.parse(readFileSync(path, "utf8")));
  } catch {
    return null; // A hint for people and clients; whoever needs the truth asks the address.
  }
}

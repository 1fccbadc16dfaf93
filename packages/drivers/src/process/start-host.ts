import { type ChildProcess, spawn } from "node:child_process";
import { closeSync, mkdirSync, openSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { hostFolders } from "./host/host-folders.ts";
import type { HostOptions } from "./host/host-options.ts";

const HOST_PROGRAM = fileURLToPath(new URL("./host/main.ts", import.meta.url));

/** Starts a session host as a process of its own that outlives this one; it ends at once where another one runs. */
export function startHost({ dataFolder, host }: { dataFolder: string; host: HostOptions }): ChildProcess {
  const folders = hostFolders(dataFolder);
  mkdirSync(folders.root, { recursive: true, mode: 0o700 });
  const output = openSync(folders.log, "a", 0o600);
  const child = spawn(
    process.execPath,
    ["--max-semi-space-size=4", "--disable-warning=ExperimentalWarning", HOST_PROGRAM, dataFolder],
    {
      detached: true,
      cwd: "/",
      stdio: ["pipe", output, output],
    },
  );
  closeSync(output);
  child.stdin?.on("error", () => {}); // It ended before it read: another host runs.
  child.stdin?.end(JSON.stringify(host)); // Not as arguments: those can be read by everyone on the machine.
  child.unref();
  return child;
}

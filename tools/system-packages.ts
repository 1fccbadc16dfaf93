/** Debian packages that parts of the platform use where they are there, and their installation where that is possible. */
import { spawnSync } from "node:child_process";
import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";

export interface SystemPackage {
  /** Debian's name of it. */
  readonly name: string;
  /** The program that proves it is there. */
  readonly program: string;
  /** What goes without it, for the notice. */
  readonly without: string;
}

export const BUBBLEWRAP: SystemPackage = {
  name: "bubblewrap",
  program: "bwrap",
  without: "sessions run as plain processes, not in sandboxes",
};

export const CHROMIUM: SystemPackage = {
  name: "chromium",
  program: "chromium",
  without: "the tests that drive a browser are skipped",
};

/** Path of a program on PATH, or null. */
export function findProgram(name: string): string | null {
  for (const folder of (process.env.PATH ?? "").split(delimiter)) {
    try {
      accessSync(join(folder, name), constants.X_OK);
      return join(folder, name);
    } catch {
      // Not in this folder: the next one may have it.
    }
  }
  return null;
}

/**
 * Installs what is missing with apt-get where that can be done without asking anyone: as root, on Debian or a child
 * of it. Elsewhere it says what is missing, what that means, and how to install it.
 */
export function installSystemPackages(wanted: readonly SystemPackage[], say: (line: string) => void): void {
  const missing = wanted.filter(({ program }) => findProgram(program) === null);
  if (missing.length === 0) return;
  const names = missing.map(({ name }) => name);
  if (process.getuid?.() === 0 && findProgram("apt-get") !== null) {
    say(`Installing ${names.join(", ")} with apt-get …`);
    const apt = (...args: string[]) =>
      spawnSync("apt-get", args, {
        stdio: ["ignore", "ignore", 2],
        env: { ...process.env, DEBIAN_FRONTEND: "noninteractive" },
      });
    const install = () => apt("install", "-y", "-qq", "--no-install-recommends", ...names).status === 0;
    if (install()) return;
    apt("update", "-qq");
    if (install()) return;
  }
  for (const { name, without } of missing) {
    say(`Without ${name}, ${without}. Install it with: sudo apt-get install ${name}`);
  }
}

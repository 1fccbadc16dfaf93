/** Part of the composition root: the `canfar` command that Sessions get. */
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { SessionCommand } from "./services/launch-planner.ts";

const PACKAGE = fileURLToPath(new URL("../../cli/", import.meta.url));

/** The command beside this platform, with the Node that runs the platform; null where it is not built. */
export function sessionCommand(): SessionCommand | null {
  const isBuilt = existsSync(`${PACKAGE}dist/main.js`);
  return isBuilt ? { node: process.execPath, folder: PACKAGE.replace(/\/$/, "") } : null;
}

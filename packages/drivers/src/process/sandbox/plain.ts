/** Sessions without a sandbox: where the paths inside a Session are on the machine. */
import { existsSync, lstatSync, readlinkSync, rmSync, symlinkSync } from "node:fs";
import type { LaunchPlan } from "../../session-driver.ts";

/**
 * Makes `/arc` lead to the platform's own, so that scripts with `/arc/…` in them work without a sandbox. Possible only
 * where `/arc` is free and this user may make it (root).
 *
 * @returns the reason why not, or null when `/arc` leads there
 */
export function linkArc(arcFolder: string): string | null {
  const there = whatIsAtArc();
  if (there === arcFolder) return null;
  if (there !== null && there !== "") return "/arc exists on this machine and is not the platform's";
  try {
    if (there === "") rmSync("/arc"); // Left by a platform whose folder was removed.
    symlinkSync(arcFolder, "/arc");
    return null;
  } catch (error) {
    return `/arc cannot be made by this user (${(error as NodeJS.ErrnoException).code})`;
  }
}

/** Where `/arc` leads: `/arc` itself for what is no link, empty for a link to nothing, null where there is none. */
function whatIsAtArc(): string | null {
  try {
    if (!lstatSync("/arc").isSymbolicLink()) return "/arc";
    return existsSync("/arc") ? readlinkSync("/arc") : "";
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return null;
    throw error;
  }
}

/** Puts the machine's own path where a word begins with the path of a mount. */
export function outsidePath(
  word: string,
  plan: LaunchPlan,
  scratchFolder: string,
  arcLinked: boolean,
): string {
  for (const { source, target } of plan.mounts) {
    if (arcLinked && target.startsWith("/arc")) continue;
    if (word === target || word.startsWith(`${target}/`))
      return (source ?? scratchFolder) + word.slice(target.length);
  }
  return word;
}

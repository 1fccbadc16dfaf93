/** What the tour asks the `canfar` command about Sessions. */
import type { ScratchPlatform } from "@canfar/testing/scratch-platform";

/** One Session as `canfar ps --all -o json` prints it; only what the tour reads. */
export interface ListedSession {
  readonly id: string;
  readonly status: string;
  readonly connectURL?: string;
  readonly exitCode?: number;
  readonly message?: string;
}

/** Runs a command that must succeed. @returns its standard output @throws Error with the command's own words */
export async function must(platform: ScratchPlatform, words: readonly string[]): Promise<string> {
  const { stdout, stderr, exitCode } = await platform.canfar(words);
  if (exitCode !== 0)
    throw new Error(`canfar ${words.join(" ")} ended with exit code ${exitCode}: ${stderr.trim()}`);
  return stdout;
}

/** Those of the given Sessions that are on the list. */
export async function sessionsOf(
  platform: ScratchPlatform,
  ids: readonly string[],
): Promise<ListedSession[]> {
  const wanted = new Set(ids);
  const all = JSON.parse(await must(platform, ["ps", "--all", "-o", "json"])) as ListedSession[];
  return all.filter(({ id }) => wanted.has(id));
}

/** Those of the given Sessions that have ended. */
export async function endedSessions(
  platform: ScratchPlatform,
  ids: readonly string[],
): Promise<ListedSession[]> {
  return (await sessionsOf(platform, ids)).filter(
    ({ status }) => status === "Completed" || status === "Failed",
  );
}

/** The newest thing that happened to a Session, for the progress line. */
export async function imageNote(platform: ScratchPlatform, id: string): Promise<string> {
  const lines = (await must(platform, ["events", id])).trim().split("\n");
  return (
    lines
      .at(-1)
      ?.split(/\s{2,}/)[2]
      ?.slice(0, 60) ?? ""
  );
}

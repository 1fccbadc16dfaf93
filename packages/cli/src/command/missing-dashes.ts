import { CanfarError } from "@canfar/contract";

/** Options of `create` that take a value, so that the value is not taken for a word of its own. */
const VALUED = new Set([
  "-n",
  "--name",
  "-c",
  "--cpu",
  "-m",
  "--memory",
  "-g",
  "--gpu",
  "-e",
  "--env",
  "-r",
  "--replicas",
  "-o",
  "--output",
]);
const PLAIN = new Set(["--dry-run", "--dryRun", "-q", "--quiet", "-h", "--help", "--help-all"]);

/**
 * Refuses words behind the Container Image that have no `--` before them, and shows the line as it must be. Without
 * this, `python -c '…'` would be read as `create`'s own `-c`.
 *
 * @param words what stands behind `canfar create`, before any `--`
 * @throws CanfarError `command.usage`
 */
export function refuseMissingDashes(words: readonly string[], afterDashes: readonly string[] = []): void {
  const at = indexOfThirdWord(words);
  if (at === undefined) return;
  const fixed = ["canfar", "create", ...words.slice(0, at), "--", ...words.slice(at), ...afterDashes];
  throw new CanfarError("command.usage", {
    message: `'${words[at]}' stands behind the Container Image; the Session's own command needs -- before it`,
    hint: `Write: ${fixed.map(quoted).join(" ")}`,
  });
}

function indexOfThirdWord(words: readonly string[]): number | undefined {
  let found = 0;
  for (let at = 0; at < words.length; at += 1) {
    const word = words[at] ?? "";
    if (VALUED.has(word)) at += 1;
    // An option that create does not know belongs to the command, if both words before it are there.
    else if (word.startsWith("-") && (found < 2 || PLAIN.has(word) || word.includes("="))) continue;
    else if (++found > 2) return at;
  }
  return undefined;
}

/** A word as a shell reads it unchanged. */
export function quoted(word: string): string {
  return /^[A-Za-z0-9_@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}

import { spawnSync } from "node:child_process";

/** How Sessions are kept apart on this machine. */
export type Isolation = "bubblewrap" | "plain";

/**
 * Finds out whether bubblewrap is there and can really make namespaces here: it may be installed and still be refused,
 * inside another container for example.
 *
 * @returns the reason why not, or null when it works
 */
export function whyNoBubblewrap(): string | null {
  const words = [
    "--unshare-user",
    "--unshare-pid",
    "--uid",
    "10000",
    "--ro-bind",
    "/",
    "/",
    "--proc",
    "/proc",
    "--dev",
    "/dev",
  ];
  const result = spawnSync("bwrap", [...words, "true"], { encoding: "utf8", timeout: 10_000 });
  if (result.error !== undefined) {
    return (result.error as NodeJS.ErrnoException).code === "ENOENT"
      ? "bubblewrap is not installed (sudo apt-get install bubblewrap)"
      : `bubblewrap does not start: ${result.error.message}`;
  }
  return result.status === 0 ? null : `bubblewrap is refused here: ${result.stderr.trim().split("\n")[0]}`;
}

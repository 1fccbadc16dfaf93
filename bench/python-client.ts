import { existsSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { time } from "./measure.ts";

/**
 * The PyPI client, in an environment of its own that is made once: the baseline that users have today. typer 0.28 because
 * the release that pip would choose breaks it.
 *
 * @returns path of its `canfar` program
 */
export async function pythonClient(): Promise<string> {
  const folder = join(process.env.XDG_CACHE_HOME ?? join(homedir(), ".cache"), "canfar-bench", "pypi-1.5.2");
  const program = join(folder, "bin", "canfar");
  if (!existsSync(program)) {
    await time({ program: "python3", words: ["-m", "venv", folder] });
    const packages = ["canfar==1.5.2", "typer==0.28.0"];
    await time({ program: join(folder, "bin", "pip"), words: ["install", "--quiet", ...packages] });
  }
  return program;
}

import { homedir } from "node:os";
import { join } from "node:path";

/** The folder of the client's files; the PyPI client has the same. */
export function configFolder(home: string = homedir()): string {
  return join(home, ".canfar");
}

/** `~/.canfar/config.yaml`. */
export function defaultConfigPath(home: string = homedir()): string {
  return join(configFolder(home), "config.yaml");
}

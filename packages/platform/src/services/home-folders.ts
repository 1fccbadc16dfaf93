import { chmodSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { CanfarError } from "@canfar/contract";

/** Users' home folders, made when they are needed first. */
export class HomeFolders {
  readonly #homes: string;
  readonly #known = new Set<string>();

  constructor(homes: string) {
    this.#homes = homes;
  }

  /**
   * Makes the folder, for its user alone. It belongs to the machine's user who runs the platform: a sandbox maps that
   * user to the Session's own uid, so no other owner would do.
   *
   * @throws CanfarError `storage.full`, `server.internal`
   */
  ensure(username: string): void {
    if (this.#known.has(username)) return;
    const folder = join(this.#homes, username);
    try {
      if (mkdirSync(folder, { recursive: true }) !== undefined) chmodSync(folder, 0o700);
    } catch (error) {
      const { code, message } = error as NodeJS.ErrnoException;
      throw new CanfarError(code === "ENOSPC" ? "storage.full" : "server.internal", {
        message: `the home folder of ${username} cannot be made: ${message}`,
        cause: error,
      });
    }
    this.#known.add(username);
  }
}

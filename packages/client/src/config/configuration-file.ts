import { mkdir, readFile } from "node:fs/promises";
import { dirname } from "node:path";
import { CanfarError } from "@canfar/contract";
import { type Clock, systemClock } from "../clock.ts";
import { removeLeftovers, writeAtomically } from "./atomic-write.ts";
import { checkConfiguration, parseConfiguration, renderConfiguration } from "./document.ts";
import { withFileLock } from "./file-lock.ts";
import { defaultConfigPath } from "./paths.ts";
import type { Configuration } from "./schema.ts";

/** Longer than a token request may take, which happens with the lock held. */
const LOCK_TIMEOUT_MS = 60_000;

export interface ConfigurationFileOptions {
  /** Default: `~/.canfar/config.yaml`. */
  readonly path?: string | undefined;
  readonly clock?: Clock | undefined;
  /** How long to wait for another process that writes. */
  readonly lockTimeoutMs?: number | undefined;
}

/** The saved logins and servers. Several processes may read and change the file at the same time. */
export class ConfigurationFile {
  readonly path: string;
  readonly #clock: Clock;
  readonly #lockTimeoutMs: number;

  constructor(options: ConfigurationFileOptions = {}) {
    this.path = options.path ?? defaultConfigPath();
    this.#clock = options.clock ?? systemClock;
    this.#lockTimeoutMs = options.lockTimeoutMs ?? LOCK_TIMEOUT_MS;
  }

  /**
   * What the file says now; an empty configuration where there is none. A version 1 file reads as version 2.
   *
   * @throws CanfarError `config.invalid`
   */
  async read(): Promise<Configuration> {
    return parseConfiguration(await this.#text(), this.path);
  }

  /**
   * Changes the file: no other process changes it between what `change` is given and what is written. `change` may
   * take its time, as a token refresh does. Nothing is written when it returns its argument.
   *
   * @returns what the file says afterwards
   * @throws CanfarError `config.invalid`, `config.locked`, `config.unwritable`; the file is then as before
   */
  async update(
    change: (configuration: Configuration) => Configuration | Promise<Configuration>,
  ): Promise<Configuration> {
    return await this.#writing(async () => {
      const lock = { clock: this.#clock, timeoutMs: this.#lockTimeoutMs };
      await mkdir(dirname(this.path), { recursive: true, mode: 0o700 });
      return await withFileLock(`${this.path}.lock`, lock, async () => {
        const text = await this.#text();
        const before = parseConfiguration(text, this.path);
        const after = await change(before);
        if (after === before) return before;
        const rendered = renderConfiguration(checkConfiguration(after, this.path), text);
        await removeLeftovers(this.path);
        await writeAtomically(this.path, rendered);
        return parseConfiguration(rendered, this.path);
      });
    });
  }

  async #text(): Promise<string> {
    try {
      return await readFile(this.path, "utf8");
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === "ENOENT") return "";
      throw new CanfarError("config.invalid", {
        message: `The configuration file ${this.path} cannot be read: ${code}`,
        hint: "Check who owns the file and its permissions.",
        cause: error,
      });
    }
  }

  async #writing<T>(action: () => Promise<T>): Promise<T> {
    try {
      return await action();
    } catch (error) {
      const { code, syscall } = error as NodeJS.ErrnoException;
      if (error instanceof CanfarError || syscall === undefined) throw error;
      throw new CanfarError(code === "ENOSPC" || code === "EDQUOT" ? "storage.full" : "config.unwritable", {
        message: `The configuration file ${this.path} cannot be written: ${code}`,
        hint: "Check the folder's permissions and the free space on its disk; the old file is unchanged.",
        details: { path: this.path, reason: code },
        cause: error,
      });
    }
  }
}

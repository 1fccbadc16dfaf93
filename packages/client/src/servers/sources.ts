import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { SKAHA_BASE } from "@canfar/contract";
import { z } from "zod";
import { configFolder } from "../config/paths.ts";

/** A place where a server may be; nobody has asked it yet. */
export interface Candidate {
  /** Base address without the version. */
  readonly url: string;
  /** ISO 8601; for telling several platforms of one machine apart. */
  readonly startedAt?: string;
}

/** Somewhere to look for Science Platform Servers. */
export interface ServerSource {
  /** What it is called in messages. */
  readonly name: string;
  /** True for one that counts only where no other source has a server that answers. */
  readonly isLastResort?: boolean;
  candidates(signal?: AbortSignal): Promise<readonly Candidate[]>;
}

const platformFileSchema = z.looseObject({
  url: z.url({ protocol: /^https?$/ }),
  pid: z.int().positive(),
  startedAt: z.string().optional(),
});

/** The platforms that run on this machine under this user: each keeps a file in `~/.canfar/platforms/`. */
export class RunningPlatforms implements ServerSource {
  readonly name = "platforms of yours on this machine";
  readonly #folder: string;

  constructor(folder: string = join(configFolder(), "platforms")) {
    this.#folder = folder;
  }

  async candidates(): Promise<readonly Candidate[]> {
    const names = await readdir(this.#folder).catch((error: NodeJS.ErrnoException) => {
      if (error.code === "ENOENT") return [];
      throw error;
    });
    const found = await Promise.all(
      names.filter((name) => name.endsWith(".json")).map((name) => this.#read(name)),
    );
    return found.filter((candidate) => candidate !== null);
  }

  /** Null for a file that a killed platform has left, or that is half-written. */
  async #read(name: string): Promise<Candidate | null> {
    const text = await readFile(join(this.#folder, name), "utf8").catch(() => "");
    const parsed = platformFileSchema.safeParse(tryJson(text));
    if (!parsed.success || !isAlive(parsed.data.pid)) return null;
    const { url, startedAt } = parsed.data;
    return { url: `${new URL(url).origin}${SKAHA_BASE}`, ...(startedAt ? { startedAt } : {}) };
  }
}

/**
 * The address that a platform has when nobody says otherwise: for one that somebody else runs on this machine, or that is
 * reached through a tunnel. Who runs a platform means that one.
 */
export class DefaultAddress implements ServerSource {
  readonly name = "the default address";
  readonly isLastResort = true;
  readonly #origin: string;

  constructor(origin = "http://127.0.0.1:8088") {
    this.#origin = origin;
  }

  async candidates(): Promise<readonly Candidate[]> {
    return [{ url: `${this.#origin}${SKAHA_BASE}` }];
  }
}

function tryJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}

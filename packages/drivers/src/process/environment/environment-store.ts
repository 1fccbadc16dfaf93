import { randomBytes } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";

const recordSchema = z.object({
  /** Name of the folder beside the record. */
  folder: z.string(),
  /** Installation of the Python that it is built on. */
  basePrefix: z.string(),
  /** Reference of the image that it was built for first. */
  image: z.string(),
});

export type EnvironmentRecord = z.infer<typeof recordSchema>;

export interface FinishedEnvironment extends EnvironmentRecord {
  readonly key: string;
  /** Absolute. */
  readonly path: string;
}

/**
 * Finished environments on disk. Each build gets a folder of its own, `<key>-<random>`, and is finished once the record
 * `<key>.json` names it. So a build that was cut off is never taken for a finished one; a tool that outlived its killed
 * builder cannot write into the next try; and nothing is moved, as an environment's scripts hold its path.
 */
export class EnvironmentStore {
  readonly #folder: string;

  constructor(folder: string) {
    this.#folder = folder;
  }

  get folder(): string {
    return this.#folder;
  }

  /** Null where there is none, or its Python is gone. */
  async find(key: string): Promise<FinishedEnvironment | null> {
    const record = await this.#read(key);
    if (record === null) return null;
    const path = join(this.#folder, record.folder);
    return existsSync(join(path, "bin", "python")) ? { ...record, key, path } : null;
  }

  /** Every finished environment. */
  async list(): Promise<FinishedEnvironment[]> {
    const names = await readdir(this.#folder).catch(() => []);
    const keys = names.filter((name) => name.endsWith(".json")).map((name) => name.slice(0, -".json".length));
    const found = await Promise.all(keys.map((key) => this.find(key)));
    return found.filter((environment) => environment !== null);
  }

  /** @returns a path for a new build, which is not there yet */
  async begin(key: string): Promise<string> {
    await mkdir(this.#folder, { recursive: true });
    return join(this.#folder, `${key}-${randomBytes(4).toString("hex")}`);
  }

  /** Makes a build the environment of its key. */
  async finish(key: string, record: EnvironmentRecord): Promise<void> {
    const file = join(this.#folder, `${key}.json`);
    const unfinished = join(this.#folder, `${record.folder}.new`);
    await writeFile(unfinished, `${JSON.stringify(record, null, 2)}\n`, { flush: true });
    await rename(unfinished, file);
  }

  /** Removes what builds of this key left that were cut off. The caller holds the build lock. */
  async removeUnfinished(key: string): Promise<void> {
    const finished = (await this.#read(key))?.folder;
    const names = await readdir(this.#folder);
    const leftovers = names.filter((name) => name.startsWith(`${key}-`) && name !== finished);
    // Tried again while a tool that outlived its killed builder may still write there.
    const options = { recursive: true, force: true, maxRetries: 20, retryDelay: 50 };
    await Promise.all(leftovers.map((name) => rm(join(this.#folder, name), options)));
  }

  /** Removes an environment; Sessions in it would break. */
  async remove({ key, path }: FinishedEnvironment): Promise<void> {
    await rm(join(this.#folder, `${key}.json`), { force: true });
    await rm(path, { recursive: true, force: true });
  }

  async #read(key: string): Promise<EnvironmentRecord | null> {
    try {
      return recordSchema.parse(JSON.parse(await readFile(join(this.#folder, `${key}.json`), "utf8")));
    } catch {
      return null; // Missing, or damaged: building it again mends both.
    }
  }
}

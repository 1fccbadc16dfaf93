import { type Dirent, existsSync } from "node:fs";
import { readdir, realpath, stat } from "node:fs/promises";
import { homedir } from "node:os";
import { basename, dirname, extname, join, resolve } from "node:path";
import { CanfarError, MAX_CARRIED_BYTES, MAX_CARRIED_FILE_BYTES, MAX_CARRIED_FILES } from "@canfar/contract";

/** A file on this machine that goes along with a script. */
export interface GatheredFile {
  /** Below the script's folder, with `/`. */
  readonly path: string;
  /** Where it is here. */
  readonly source: string;
  /** Bytes. */
  readonly size: number;
  readonly executable: boolean;
}

export interface Gathered {
  /** The script's own path among the files: its name. */
  readonly script: string;
  readonly files: readonly GatheredFile[];
  /** What is too large to go along. */
  readonly left: readonly GatheredFile[];
}

/** Folders and files that programs make, and that no program needs to be carried. */
const NEVER = new Set(["__pycache__", "node_modules", "venv", "env"]);
const NEVER_ENDING = [".pyc", ".egg-info", "-runs"];

/**
 * Gathers a script and what lies beside it, folders included; without hidden files, environments and caches. Beside a
 * script that lies in the home folder itself, where everything lies, only Python modules are gathered.
 *
 * @param options.alone true for the script and nothing else
 * @throws CanfarError `file.not_found`, `request.too_large`
 */
export async function gatherFiles(script: string, options: { alone: boolean }): Promise<Gathered> {
  const path = resolve(script);
  const own = await describe(path, basename(path));
  if (own === null) {
    throw new CanfarError("file.not_found", {
      message: `There is no file '${script}'`,
      hint: "Give the path of a script (.py, .sh) or a notebook (.ipynb).",
    });
  }
  if (own.size > MAX_CARRIED_FILE_BYTES) throw tooLarge(`${script} has ${own.size} bytes`);
  const found: GatheredFile[] = [own];
  const left: GatheredFile[] = [];
  if (!options.alone) {
    const shallow = await isCrowded(dirname(path));
    for await (const file of beside(dirname(path), "", shallow)) {
      if (file.path === own.path) continue;
      if (file.size > MAX_CARRIED_FILE_BYTES) left.push(file);
      else found.push(file);
      refuseTooMuch(found, dirname(path));
    }
  }
  return { script: own.path, files: found, left };
}

/** A home folder, or the root of a disk. */
async function isCrowded(folder: string): Promise<boolean> {
  const here = await realpath(folder);
  const homes = [homedir(), process.env.HOME ?? homedir()].filter((home) => existsSync(home));
  return here === dirname(here) || (await Promise.all(homes.map((home) => realpath(home)))).includes(here);
}

async function* beside(folder: string, prefix: string, shallow: boolean): AsyncGenerator<GatheredFile> {
  const entries = await readdir(folder, { withFileTypes: true });
  for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
    if (isIgnored(entry.name)) continue;
    const path = prefix + entry.name;
    if (entry.isDirectory()) {
      if (!shallow && !isEnvironment(join(folder, entry.name)))
        yield* beside(join(folder, entry.name), `${path}/`, shallow);
    } else if (!shallow || extname(entry.name) === ".py") {
      const file = isFileOrLink(entry) ? await describe(join(folder, entry.name), path) : null;
      if (file !== null) yield file;
    }
  }
}

function isIgnored(name: string): boolean {
  return name.startsWith(".") || NEVER.has(name) || NEVER_ENDING.some((ending) => name.endsWith(ending));
}

function isEnvironment(folder: string): boolean {
  return existsSync(join(folder, "pyvenv.cfg")) || existsSync(join(folder, "conda-meta"));
}

function isFileOrLink(entry: Dirent): boolean {
  return entry.isFile() || entry.isSymbolicLink();
}

/** @returns null for what is no file; a link counts as what it leads to */
async function describe(source: string, path: string): Promise<GatheredFile | null> {
  try {
    const found = await stat(source);
    return found.isFile() ? { path, source, size: found.size, executable: (found.mode & 0o111) !== 0 } : null;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "ENOENT" || code === "ELOOP" || code === "ENOTDIR") return null;
    throw error;
  }
}

function refuseTooMuch(files: readonly GatheredFile[], folder: string): void {
  if (files.length > MAX_CARRIED_FILES) throw tooLarge(`${folder} has more than ${MAX_CARRIED_FILES} files`);
  const size = files.reduce((sum, file) => sum + file.size, 0);
  if (size > MAX_CARRIED_BYTES)
    throw tooLarge(`The files in ${folder} have more than ${MAX_CARRIED_BYTES} bytes`);
}

function tooLarge(what: string): CanfarError {
  return new CanfarError("request.too_large", {
    message: `${what}: that is more than a run carries`,
    hint: "Put the script into a folder of its own, or carry it --alone; data belongs to /arc.",
  });
}

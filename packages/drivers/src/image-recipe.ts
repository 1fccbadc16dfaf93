/** Container Images as recipes: one folder `<project>/<name>/` each, read by the platform and by drivers. */
import { createHash } from "node:crypto";
import { existsSync, statSync } from "node:fs";
import { readdir, readFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { CanfarError, DEFAULT_REGISTRY, SESSION_KINDS, type SessionKind } from "@canfar/contract";
import { parse } from "yaml";
import { z } from "zod";

const DESCRIPTION_FILE = "image.yaml";
const LOCK_FILE = "requirements.lock";
const OVERLAY_FOLDER = "files";

/** What decides what is in the image; its contents are the digest. */
const CONTENTS = [DESCRIPTION_FILE, LOCK_FILE, OVERLAY_FOLDER, "Dockerfile"];

const pythonVersion = z.string().regex(/^3\.\d+$/, 'must be a quoted version such as "3.10"');

/** `image.yaml` of a recipe. */
export const imageDescriptionSchema = z.strictObject({
  description: z.string().min(1),
  kinds: z.array(z.enum(SESSION_KINDS)).min(1),
  tags: z.array(z.string().regex(/^[\w][\w.-]*$/)).min(1),
  /** Versions of Python that the lock was made for: from `minimum` on, before `below`. */
  python: z.strictObject({ minimum: pythonVersion, below: pythonVersion }).optional(),
  /** What runs where a launch names no program. */
  entrypoint: z.array(z.string()).min(1),
});

export interface ImageRecipe {
  /** Full reference: `images.canfar.net/skaha/astroml:latest`. */
  readonly id: string;
  readonly kinds: readonly SessionKind[];
  readonly description: string;
  /** `sha256:` of the recipe's contents: the same wherever the folder lies. */
  readonly digest: string;
  readonly folder: string;
  readonly python: { readonly minimum: string; readonly below: string } | null;
  readonly entrypoint: readonly string[];
  /** File of locked Python packages; null where the image has none. */
  readonly lock: string | null;
  /** Folder whose files go into the Python environment as they are; null where the image has none. */
  readonly overlay: string | null;
}

/**
 * Reads all recipes `<folder>/<project>/<name>/`, one entry for each tag, ordered by reference.
 *
 * @throws CanfarError `config.invalid`, naming the file and the field
 */
export async function readImageRecipes(folder: string): Promise<ImageRecipe[]> {
  const recipes: ImageRecipe[] = [];
  for (const project of await foldersIn(folder)) {
    for (const name of await foldersIn(join(folder, project))) {
      recipes.push(...(await readImageRecipe(join(folder, project, name))));
    }
  }
  return recipes.sort((a, b) => (a.id < b.id ? -1 : 1));
}

/**
 * Reads one recipe, one entry for each of its tags.
 *
 * @param folder `…/<project>/<name>`, whose last two parts name the image
 * @throws CanfarError `config.invalid`, naming the file and the field
 */
export async function readImageRecipe(folder: string): Promise<ImageRecipe[]> {
  const { tags, python, ...description } = await readDescription(join(folder, DESCRIPTION_FILE));
  const lock = join(folder, LOCK_FILE);
  const overlay = join(folder, OVERLAY_FOLDER);
  const hasLock = existsSync(lock);
  if (hasLock && python === undefined) {
    throw invalid(join(folder, DESCRIPTION_FILE), `python: missing, though there is a ${LOCK_FILE}`);
  }
  const common = {
    ...description,
    digest: `sha256:${await contentDigest(CONTENTS.map((name) => join(folder, name)))}`,
    folder,
    python: python ?? null,
    lock: hasLock ? lock : null,
    overlay: existsSync(overlay) ? overlay : null,
  };
  const name = `${DEFAULT_REGISTRY}/${basename(dirname(folder))}/${basename(folder)}`;
  return tags.map((tag) => ({ id: `${name}:${tag}`, ...common }));
}

async function readDescription(file: string): Promise<z.infer<typeof imageDescriptionSchema>> {
  const result = imageDescriptionSchema.safeParse(await readYaml(file));
  if (result.success) return result.data;
  const problems = result.error.issues.map(
    ({ path, message }) => `${path.join(".") || "(whole file)"}: ${message}`,
  );
  throw invalid(file, problems.join("; "), result.error);
}

async function readYaml(file: string): Promise<unknown> {
  try {
    return parse(await readFile(file, "utf8"));
  } catch (error) {
    const missing = (error as NodeJS.ErrnoException).code === "ENOENT";
    throw invalid(file, missing ? "the file is missing" : String((error as Error).message), error);
  }
}

function invalid(file: string, problem: string, cause?: unknown): CanfarError {
  return new CanfarError("config.invalid", {
    message: `Image recipe ${file}: ${problem}`,
    hint: "images/README.md says what a recipe holds.",
    details: { file },
    cause,
  });
}

/**
 * SHA-256, in hexadecimal, of files and of all files in folders, with their names below the folder but not their places
 * on this machine. What is missing counts as nothing.
 */
export async function contentDigest(paths: readonly string[]): Promise<string> {
  const hash = createHash("sha256");
  for (const path of paths.filter((candidate) => existsSync(candidate))) {
    const entries = statSync(path).isDirectory() ? await readdir(path, { recursive: true }) : [""];
    for (const entry of entries.sort()) {
      const file = join(path, entry);
      if (!statSync(file).isFile()) continue;
      const contents = await readFile(file);
      hash.update(`${join(basename(path), entry)} ${contents.length}\n`).update(contents);
    }
  }
  return hash.digest("hex");
}

async function foldersIn(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true });
  return entries
    .filter((entry) => entry.isDirectory() && !entry.name.startsWith("."))
    .map(({ name }) => name);
}

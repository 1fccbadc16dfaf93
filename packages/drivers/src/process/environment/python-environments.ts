import { createHash } from "node:crypto";
import { cp, mkdir, rm } from "node:fs/promises";
import { basename, join } from "node:path";
import { CanfarError, shortImageReference } from "@canfar/contract";
import { contentDigest, type ImageRecipe, readImageRecipe } from "../../image-recipe.ts";
import type { PlannedImage } from "../../session-driver.ts";
import type { ImageEnvironment, ImageEnvironments } from "../image-environment.ts";
import { buildFailure } from "./build-failure.ts";
import { withBuildLock } from "./build-lock.ts";
import { EnvironmentStore, type FinishedEnvironment } from "./environment-store.ts";
import { type Installation, installWithPip, installWithUv } from "./installers.ts";
import { findPython, type Python, type PythonRange } from "./python.ts";
import { ToolFailure } from "./run-tool.ts";
import { SharedWork } from "./shared-work.ts";
import { findUv } from "./uv.ts";

export interface PythonEnvironmentsOptions {
  /** Where finished environments are. */
  readonly environmentsFolder: string;
  /** Where uv and its cache are, if the machine has none. */
  readonly toolsFolder: string;
  /** Variables of the platform's process: PATH, package index, proxies, certificates. */
  readonly environment: NodeJS.ProcessEnv;
  /** Ends builds; the next `ensure` begins again, with the downloads so far. */
  readonly signal?: AbortSignal;
}

type Report = (message: string) => void;

/**
 * Turns recipes into Python environments on first use. An environment is named by its lock and the Python under it, so
 * images and platforms with the same content share one; it is built once, however many ask, in however many processes.
 * An image without a lock needs no environment: it is the machine's own programs.
 */
export class PythonEnvironments implements ImageEnvironments {
  readonly #options: PythonEnvironmentsOptions;
  readonly #store: EnvironmentStore;
  /** Keys found so far by the recipe's digest: asking Python costs more than all the rest of a launch. */
  readonly #known = new Map<string, string>();
  /** By the recipe's digest too; asking Python is part of what is shared. */
  readonly #searches = new SharedWork<FinishedEnvironment>();

  constructor(options: PythonEnvironmentsOptions) {
    this.#options = options;
    this.#store = new EnvironmentStore(options.environmentsFolder);
  }

  async ensure(image: PlannedImage, report: Report): Promise<ImageEnvironment> {
    const recipe = await recipeOf(image);
    if (recipe.lock === null || recipe.python === null) {
      return { path: [], readOnlyRoots: [], env: {}, entrypoint: recipe.entrypoint };
    }
    const environment = await this.#environment(
      { ...recipe, lock: recipe.lock, python: recipe.python },
      report,
    );
    return {
      path: [join(environment.path, "bin")],
      readOnlyRoots: [environment.path, ...outsideSystem(environment.basePrefix)],
      env: { VIRTUAL_ENV: environment.path },
      entrypoint: recipe.entrypoint,
    };
  }

  /** Finished environments, for showing what they take and for removing those that no recipe needs. */
  async listEnvironments(): Promise<FinishedEnvironment[]> {
    return this.#store.list();
  }

  async #environment(recipe: PythonRecipe, report: Report): Promise<FinishedEnvironment> {
    const known = this.#known.get(recipe.digest);
    const finished = known === undefined ? null : await this.#store.find(known);
    if (finished !== null) return finished;
    return this.#searches.run(recipe.digest, report, async (tell) => {
      const python = await findPython(recipe.python, this.#options.environment);
      const key = await environmentKey(recipe, python);
      const environment = (await this.#store.find(key)) ?? (await this.#build({ recipe, python, key, tell }));
      this.#known.set(recipe.digest, key);
      return environment;
    });
  }

  async #build(build: Build): Promise<FinishedEnvironment> {
    const { recipe, key, tell } = build;
    const image = shortImageReference(recipe.id);
    const title = `Pulling image ${image}`;
    const { environmentsFolder, signal } = this.#options;
    tell(title);
    const start = performance.now();
    const logFile = join(environmentsFolder, `${key}.log`);
    try {
      await mkdir(environmentsFolder, { recursive: true });
      const file = join(environmentsFolder, `${key}.lock`);
      const onWait = () => tell(`${title}: another process is building it`);
      const environment = await withBuildLock({ file, onWait, signal }, async () => {
        return (
          (await this.#store.find(key)) ??
          (await this.#install({ ...build, tell: (how) => tell(`${title}: ${how}`) }))
        );
      });
      await rm(logFile, { force: true });
      tell(`Pulled in ${Math.ceil((performance.now() - start) / 1000)} s`);
      return environment;
    } catch (error) {
      if (signal?.aborted) throw interrupted(image, error);
      throw await buildFailure(image, error, logFile);
    }
  }

  /** Runs under the build lock. */
  async #install({ recipe, python, key, tell }: Build): Promise<FinishedEnvironment> {
    const { environmentsFolder: workingDirectory, environment, signal } = this.#options;
    await this.#store.removeUnfinished(key);
    const folder = await this.#store.begin(key);
    try {
      await this.#runInstaller({
        python,
        lock: recipe.lock,
        folder,
        workingDirectory,
        environment,
        onProgress: tell,
        signal,
      });
      if (recipe.overlay !== null) await cp(recipe.overlay, folder, { recursive: true });
    } catch (error) {
      // Now, not at the next try: on a full disk this is what makes room.
      await rm(folder, { recursive: true, force: true });
      throw error;
    }
    await this.#store.finish(key, {
      folder: basename(folder),
      basePrefix: python.basePrefix,
      image: recipe.id,
    });
    const finished = await this.#store.find(key);
    if (finished === null) throw new Error(`${folder} has no working python`);
    return finished;
  }

  async #runInstaller(installation: Installation): Promise<void> {
    const { toolsFolder, environment, signal } = this.#options;
    const { python } = installation;
    const uv = await findUv({ python, toolsFolder, environment, signal }).catch((error: unknown) => {
      if (!(error instanceof ToolFailure) || !python.hasVenv || signal?.aborted) throw error;
      return null; // The index may lack uv alone; if it lacks all, pip will say so.
    });
    if (uv !== null) return installWithUv({ uv, cacheFolder: join(toolsFolder, "uv-cache") }, installation);
    if (python.hasVenv) return installWithPip(installation);
    throw new CanfarError("platform.python_missing", {
      message: `Python at ${python.executable} has no pip, and uv is not made for ${python.platform}`,
      hint: "Install pip and venv: Debian and Ubuntu `sudo apt-get install python3-venv`, Fedora `sudo dnf install python3-pip`.",
    });
  }
}

/** A recipe that asks for Python packages. */
type PythonRecipe = ImageRecipe & { readonly lock: string; readonly python: PythonRange };

interface Build {
  readonly recipe: PythonRecipe;
  readonly python: Python;
  readonly key: string;
  readonly tell: Report;
}

async function recipeOf({ id, recipe: folder }: PlannedImage): Promise<ImageRecipe> {
  const recipes = folder === null ? [] : await readImageRecipe(folder);
  const recipe = recipes.find((candidate) => candidate.id === id);
  if (recipe !== undefined) return recipe;
  throw new CanfarError("image.unknown", {
    message: `Container Image ${shortImageReference(id)} has no recipe, and Sessions run as processes here`,
    hint: "List the images with `canfar image ls`.",
  });
}

/** A Python's bugfix release does not change the key, as its environments go on working; another path to it does. */
async function environmentKey({ lock, overlay }: PythonRecipe, python: Python): Promise<string> {
  const minor = python.version.split(".").slice(0, 2).join(".");
  const contents = await contentDigest(overlay === null ? [lock] : [lock, overlay]);
  const hash = createHash("sha256").update(
    JSON.stringify([contents, minor, python.executable, python.platform]),
  );
  return hash.digest("hex").slice(0, 32);
}

function interrupted(image: string, cause: unknown): CanfarError {
  return new CanfarError("image.build_failed", {
    message: `Container Image ${image} was not finished: the platform was stopped meanwhile`,
    hint: "Launch again: it goes on with the downloads so far.",
    cause,
  });
}

/** Every sandbox shows /usr; a Python from elsewhere must be shown too. */
function outsideSystem(prefix: string): string[] {
  return prefix === "/usr" || prefix.startsWith("/usr/") ? [] : [prefix];
}

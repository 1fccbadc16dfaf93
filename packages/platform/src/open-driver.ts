/** Part of the composition root: the concrete drivers, each loaded only where it is used. */

import type { SessionDriver } from "@canfar/drivers";
import type { ImageRecipe } from "@canfar/drivers/image-recipe";
import type { Config } from "./config/config.ts";
import type { DataFolder } from "./data-folder/data-folder.ts";

export interface DriverOptions {
  readonly config: Config;
  readonly folder: DataFolder;
  /** Variables of the platform's own process. */
  readonly environment: NodeJS.ProcessEnv;
  /** Ends image builds, which the next start takes up again. */
  readonly signal: AbortSignal;
}

/** @throws CanfarError `platform.start_failed` */
export async function openDriver({
  config,
  folder,
  environment,
  signal,
}: DriverOptions): Promise<SessionDriver> {
  const { ProcessDriver, PythonEnvironments } = await import("@canfar/drivers/process");
  const environments = new PythonEnvironments({
    ...{ environmentsFolder: folder.environments, toolsFolder: folder.tools, environment, signal },
  });
  const passed = config.sessions.passEnvironment.flatMap((name) => {
    const value = environment[name];
    return value === undefined ? [] : [[name, value] as const];
  });
  return await ProcessDriver.open({
    dataFolder: folder.root,
    environments,
    sandbox: config.sandbox,
    ...(config.batch.flexible === undefined ? {} : { slots: config.batch.flexible }),
    passEnvironment: Object.fromEntries(passed),
  });
}

/**
 * Why images with Python packages cannot be built on this machine.
 *
 * @returns one sentence with what to do, or null where they can
 */
export async function whyNoPython(
  recipes: readonly ImageRecipe[],
  environment: NodeJS.ProcessEnv,
): Promise<string | null> {
  const range = recipes.find(({ python }) => python !== null)?.python ?? null;
  if (range === null) return null;
  const { findPython } = await import("@canfar/drivers/process");
  const { CanfarError } = await import("@canfar/contract");
  try {
    await findPython(range, environment);
    return null;
  } catch (error) {
    if (!(error instanceof CanfarError)) throw error;
    return `Images with Python packages cannot be built: ${error.message}. ${error.hint ?? ""}`.trim();
  }
}

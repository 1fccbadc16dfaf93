import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { CanfarError } from "@canfar/contract";

/** Where everything is that a platform on one machine keeps. */
export interface DataFolder {
  readonly root: string;
  readonly database: string;
  readonly lock: string;
  readonly runFile: string;
  readonly log: string;
  /** What Sessions see as `/arc`. */
  readonly arc: string;
  readonly homes: string;
  readonly projects: string;
  readonly logs: string;
  /** What Groups with Items share: lists, claims and records of their Replicas. */
  readonly groups: string;
  readonly host: string;
  readonly environments: string;
  readonly tools: string;
}

/** The paths, without touching the disk. @param root absolute */
export function dataFolderAt(root: string): DataFolder {
  const at = (...parts: string[]) => join(root, ...parts);
  return {
    ...{
      root,
      database: at("platform.sqlite"),
      lock: at("lock"),
      runFile: at("run.json"),
      log: at("platform.log"),
    },
    ...{ arc: at("arc"), homes: at("arc", "home"), projects: at("arc", "projects"), logs: at("logs") },
    groups: at("groups"),
    ...{ host: at("host"), environments: at("environments"), tools: at("tools") },
  };
}

/**
 * Makes the folders that are missing. Only the operator's own user may look into the data folder.
 *
 * @throws CanfarError `platform.start_failed`, `storage.full`
 */
export function makeDataFolder(folder: DataFolder): void {
  try {
    mkdirSync(folder.root, { recursive: true, mode: 0o700 });
    for (const path of [
      folder.homes,
      folder.projects,
      folder.logs,
      folder.groups,
      folder.host,
      folder.environments,
      folder.tools,
    ]) {
      mkdirSync(path, { recursive: true });
    }
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    throw new CanfarError(code === "ENOSPC" ? "storage.full" : "platform.start_failed", {
      message: `the data folder ${folder.root} cannot be made: ${message}`,
      hint: "Choose another folder with --data.",
      cause: error,
    });
  }
}

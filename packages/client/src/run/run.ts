import type { LaunchRequestInput } from "@canfar/contract";
import type { Delivery, FileToCarry } from "./carrier.ts";
import type { GatheredFile } from "./gather-files.ts";
import type { InlineDependencies } from "./inline-dependencies.ts";
import type { ScriptKind } from "./script-kind.ts";

/** What runs where neither the caller nor the Session around it says. */
export const DEFAULT_RUN_IMAGE = "skaha/astroml:latest";

type LaunchOptions = Omit<LaunchRequestInput, "name" | "kind" | "image" | "command" | "args">;

export interface RunOptions extends LaunchOptions {
  /** Path of a script (.py, .sh) or notebook (.ipynb) on this machine. */
  readonly script: string;
  /** Arguments of the script, each one word. */
  readonly args?: readonly string[];
  /** `name=value`, `name=@a,b,c` or `name=@file`; see `parseParameter`. */
  readonly parameters?: readonly string[];
  /** The script's name when left out. */
  readonly name?: string | undefined;
  /** The image of the Session that this program runs in, or `DEFAULT_RUN_IMAGE`, when left out. */
  readonly image?: string | undefined;
  /** Leaves behind what lies beside the script. */
  readonly alone?: boolean | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** A run that is all known, and of which nothing was done. */
export interface PlannedRun {
  readonly kind: ScriptKind;
  readonly name: string;
  readonly image: string;
  /** Times that the script runs. */
  readonly copies: number;
  readonly replicas: number;
  readonly files: readonly FileToCarry[];
  /** Too large to be carried; linked where they are if `linksLargeFiles`, else left behind. */
  readonly left: readonly GatheredFile[];
  readonly linksLargeFiles: boolean;
  readonly dependencies: InlineDependencies | null;
}

/** A run that was launched. */
export interface StartedRun extends PlannedRun {
  /** In the order of the Replicas. */
  readonly sessions: readonly string[];
  /** Id of the Group that they are. */
  readonly group: string;
  /** Where Sessions see the run's folder, in which the script runs and leaves what it writes. */
  readonly folder: string;
  readonly delivery: Delivery;
}

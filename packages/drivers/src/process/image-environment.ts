import type { PlannedImage } from "../session-driver.ts";

/** What a Session needs of a prepared Container Image to run as a process. */
export interface ImageEnvironment {
  /** Folders put before PATH. */
  readonly path: readonly string[];
  /** Folders that a sandbox must show read-only, at their real paths. */
  readonly readOnlyRoots: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /** What runs where a launch names no program. */
  readonly entrypoint: readonly string[];
}

/** Prepares Container Images; the same image is prepared once, however many ask. */
export interface ImageEnvironments {
  /**
   * @param report told each step, in words for people
   * @throws CanfarError `image.unknown`, `image.build_failed`, `platform.python_missing`, `storage.full`
   */
  ensure(image: PlannedImage, report: (message: string) => void): Promise<ImageEnvironment>;
}

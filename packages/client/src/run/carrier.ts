import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import type { CarriedFile } from "@canfar/contract";
import type { GatheredFile } from "./gather-files.ts";

/** A file on its way: gathered here, or written for the run. */
export interface FileToCarry extends CarriedFile {
  readonly read: () => Promise<Uint8Array<ArrayBuffer>>;
}

/** What a carrier did. */
export interface Delivery {
  /** Where Sessions see the run's folder. */
  readonly folder: string;
  /** Files whose content was not there yet. */
  readonly sentFiles: number;
  readonly sentBytes: number;
}

/** Brings files to the user's home on a platform. */
export interface Carrier {
  /**
   * Makes a folder there that is not there yet. It appears whole, or not at all.
   *
   * @param folder below the home
   * @param links large files that stay where they are, if the carrier can let Sessions find them there
   */
  deliver(folder: string, files: readonly FileToCarry[], links: readonly GatheredFile[]): Promise<Delivery>;
  /** True where files that are too large to carry are linked. */
  readonly linksLargeFiles: boolean;
}

/** A file of this machine, with the content that it has now. */
export async function fileToCarry(file: GatheredFile): Promise<FileToCarry> {
  const digest = digestOf(await readFile(file.source));
  return {
    path: file.path,
    size: file.size,
    executable: file.executable,
    digest,
    read: () => readFile(file.source),
  };
}

/** A file that is written for the run. */
export function writtenFile(path: string, text: string): FileToCarry {
  const content = new TextEncoder().encode(text);
  return {
    path,
    size: content.length,
    executable: false,
    digest: digestOf(content),
    read: async () => content,
  };
}

function digestOf(content: Uint8Array): string {
  return createHash("sha256").update(content).digest("hex");
}

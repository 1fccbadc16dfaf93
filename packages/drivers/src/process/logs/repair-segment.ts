import type { FileHandle } from "node:fs/promises";
import { truncate, writeFile } from "node:fs/promises";
import { LogIndex } from "./log-index.ts";
import { openIfThere, readAt } from "./open-if-there.ts";
import type { Segment } from "./segments.ts";

const CHUNK_BYTES = 64 * 1024;

/**
 * Makes a segment fit to be written on, after a host that was killed in the middle of a write or a machine that crashed:
 * cuts a line without an end, and completes its index.
 *
 * @param time now, in milliseconds since 1970: no line in it is younger
 * @returns the size in bytes
 * @throws the file system's error (ENOSPC); trying again does no harm
 */
export async function repairSegment({ log, index }: Segment, time: number): Promise<number> {
  const segment = await openIfThere(log, "r+");
  if (segment === null) {
    await truncate(index, 0).catch(ignoreAbsence);
    return 0;
  }
  const stored = await openIfThere(index);
  try {
    const size = await endOfLines(segment);
    await segment.truncate(size);
    const { stored: records } = await LogIndex.read(segment, stored, time);
    const known = (await stored?.stat())?.size ?? 0;
    if (records.length !== known) await writeFile(index, records, { mode: 0o600 });
    return size;
  } finally {
    await segment.close();
    await stored?.close();
  }
}

/** Behind the last line end. */
async function endOfLines(segment: FileHandle): Promise<number> {
  const { size } = await segment.stat();
  for (let end = size; end > 0; end -= CHUNK_BYTES) {
    const start = Math.max(0, end - CHUNK_BYTES);
    const at = (await readAt(segment, start, end - start)).lastIndexOf(10);
    if (at >= 0) return start + at + 1;
  }
  return 0;
}

function ignoreAbsence(error: NodeJS.ErrnoException): void {
  if (error.code !== "ENOENT") throw error;
}

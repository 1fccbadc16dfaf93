import { type FileHandle, open } from "node:fs/promises";
import type { LogLine, ReadLogOptions } from "../../session-driver.ts";
import { normalizeTime, parseLine } from "./cri-format.ts";

const CHUNK_BYTES = 256 * 1024;

/** Tells a reader that follows when to look again. */
export interface LogSource {
  readonly file: string;
  /** True once nothing more will be written. */
  ended(): boolean;
  /** Resolves when something may have been written, the attempt ended, or `signal` aborted. */
  changed(signal: AbortSignal | undefined): Promise<void>;
}

/** Reads one log file, from its start or its last lines, and with `follow` until the attempt has ended. */
export async function* readLog(source: LogSource, options: ReadLogOptions): AsyncGenerator<LogLine> {
  const { follow, tail, signal } = options;
  const since = options.since === undefined ? undefined : normalizeTime(options.since);
  let handle = await openIfThere(source.file);
  try {
    let position = handle !== null && tail !== undefined ? await startOfTail(handle, tail) : 0;
    let rest: Buffer = Buffer.alloc(0);
    while (!signal?.aborted) {
      const wasEnded = source.ended();
      handle ??= await openIfThere(source.file);
      const chunk = handle === null ? Buffer.alloc(0) : await readAt(handle, position);
      position += chunk.length;
      const { lines, unfinished } = splitLines(Buffer.concat([rest, chunk]));
      rest = unfinished;
      for (const line of lines) if (since === undefined || line.time >= since) yield line;
      if (chunk.length > 0) continue;
      // `wasEnded` was asked before reading: what came between would have been read.
      if (!follow || wasEnded) return;
      await source.changed(signal);
    }
  } finally {
    await handle?.close();
  }
}

async function openIfThere(file: string): Promise<FileHandle | null> {
  try {
    return await open(file, "r");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return null;
    throw error;
  }
}

async function readAt(handle: FileHandle, position: number): Promise<Buffer> {
  const { bytesRead, buffer } = await handle.read(Buffer.alloc(CHUNK_BYTES), 0, CHUNK_BYTES, position);
  return buffer.subarray(0, bytesRead);
}

function splitLines(buffer: Buffer): { lines: LogLine[]; unfinished: Buffer } {
  const end = buffer.lastIndexOf(10);
  if (end < 0) return { lines: [], unfinished: buffer };
  const lines = buffer.toString("utf8", 0, end).split("\n").map(parseLine);
  return { lines: lines.filter((line) => line !== null), unfinished: buffer.subarray(end + 1) };
}

/** Offset at which the last `count` lines begin, found from the end of the file. */
async function startOfTail(handle: FileHandle, count: number): Promise<number> {
  const { size } = await handle.stat();
  let missing = count;
  for (let end = size; end > 0; end -= CHUNK_BYTES) {
    const start = Math.max(0, end - CHUNK_BYTES);
    const { buffer } = await handle.read(Buffer.alloc(end - start), 0, end - start, start);
    for (let at = buffer.length - 1; at >= 0; at -= 1) {
      if (buffer[at] !== 10 || start + at === size - 1) continue;
      missing -= 1;
      if (missing <= 0) return count === 0 ? size : start + at + 1;
    }
  }
  return count === 0 ? size : 0;
}

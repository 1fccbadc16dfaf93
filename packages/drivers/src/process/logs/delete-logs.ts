import type { FileHandle } from "node:fs/promises";
import { rm } from "node:fs/promises";
import { formatHeading } from "./heading.ts";
import { LogIndex } from "./log-index.ts";
import { openIfThere } from "./open-if-there.ts";
import { listSegments } from "./segments.ts";

const BLANK = Buffer.alloc(256 * 1024, "\n");

/** Removes all files of a Group. */
export async function deleteGroupLogs(folder: string): Promise<void> {
  await rm(folder, { recursive: true, force: true });
}

/**
 * Overwrites what one Session has written so far with empty lines, which are read as nothing: its Group's files stay as
 * long as they are, so that whoever writes to them or reads them is not disturbed.
 */
export async function deleteSessionLogs(folder: string, sessionId: string): Promise<void> {
  for (const { log, index } of await listSegments(folder, sessionId)) {
    const segment = await openIfThere(log, "r+");
    const stored = await openIfThere(index);
    try {
      if (segment !== null) await blank(segment, await LogIndex.read(segment, stored), sessionId);
    } finally {
      await segment?.close();
      await stored?.close();
    }
  }
}

async function blank(segment: FileHandle, index: LogIndex, sessionId: string): Promise<void> {
  for (let at = 0; at < index.length; at += 1) {
    const owner = index.owner(at);
    if (owner.sessionId !== sessionId) continue;
    const end = index.end(at);
    for (let place = index.offset(at) + formatHeading(owner).length; place < end; place += BLANK.length) {
      await segment.write(BLANK, 0, Math.min(BLANK.length, end - place), place);
    }
  }
}

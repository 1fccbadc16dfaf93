/**
 * Names of the files in which a Group's output lies: `logs/<group>/<n>-of-<count>.log`, an index `.index` beside each.
 * A Session's place follows from its id alone, so that nobody keeps a table, and from the size of its Group, so that
 * a small one has one file.
 */
import { readdir } from "node:fs/promises";
import { join } from "node:path";

/** With their indexes 16 files, however large the Group is. */
const MAX_SEGMENTS = 8;
const REPLICAS_PER_SEGMENT = 64;

/** One of the files of a Group. */
export interface Segment {
  /** `3-of-8`. */
  readonly name: string;
  readonly log: string;
  readonly index: string;
}

export function groupFolder(logFolder: string, group: string): string {
  // The name comes from the platform; one that leads out of the folder would be its mistake.
  if (!/^[\w-]+$/.test(group)) throw new RangeError(`'${group}' cannot name a folder of logs`);
  return join(logFolder, group);
}

/** The segment that a Session of a Group of this size writes to. */
export function segmentFor(folder: string, sessionId: string, replicaCount: number): Segment {
  const count = Math.min(MAX_SEGMENTS, Math.max(1, Math.ceil(replicaCount / REPLICAS_PER_SEGMENT)));
  return segment(folder, `${numberFor(sessionId, count)}-of-${count}`);
}

/** The segments that there are now, in order. @param sessionId only those that may hold output of this Session */
export async function listSegments(folder: string, sessionId?: string): Promise<Segment[]> {
  const names = (await namesIn(folder)).toSorted();
  return names.flatMap((file) => {
    const [, name = "", number, count] = /^((\d+)-of-(\d+))\.log$/.exec(file) ?? [];
    if (name === "") return [];
    const isCandidate = sessionId === undefined || numberFor(sessionId, Number(count)) === Number(number);
    return isCandidate ? [segment(folder, name)] : [];
  });
}

function segment(folder: string, name: string): Segment {
  return { name, log: join(folder, `${name}.log`), index: join(folder, `${name}.index`) };
}

/** FNV-1a: spreads ids evenly, and the same way in every version. */
function numberFor(sessionId: string, count: number): number {
  let hash = 0x811c9dc5;
  for (let at = 0; at < sessionId.length; at += 1) {
    hash = Math.imul(hash ^ sessionId.charCodeAt(at), 0x01000193) >>> 0;
  }
  return (hash % count) + 1;
}

async function namesIn(folder: string): Promise<string[]> {
  try {
    return await readdir(folder);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return [];
    throw error;
  }
}

import type { LogLine } from "../../session-driver.ts";
import { formatLine } from "./cri-format.ts";
import type { LogOwner } from "./heading.ts";
import { type LogSource, SegmentWriter } from "./segment-writer.ts";
import { groupFolder, type Segment, segmentFor } from "./segments.ts";

/** Idle writers that are kept: finding the end of a file again would cost each short attempt more than writing to it. */
const KEPT_WRITERS = 256;

/** Whose output is written, and how large its Group is. */
export interface NewLog extends LogOwner {
  readonly group: string;
  readonly replicaCount: number;
}

/** Where one attempt's output goes. */
export interface AttemptLog {
  append(lines: readonly LogLine[]): void;
  /** Resolves when the disk does not take it, at once if that is so now. */
  inTrouble(): Promise<void>;
  /** Resolves when all of it is in the file; waits for a full disk as long as it takes. */
  close(): Promise<void>;
}

/** The output of all Groups on this machine, as the session host writes it. One session host writes at a time. */
export class LogStore {
  readonly #folder: string;
  /** By the file, the one that was used last at the end. */
  readonly #writers = new Map<string, SegmentWriter>();

  constructor(folder: string) {
    this.#folder = folder;
  }

  /** @param source is told when it should wait, and when the disk does not take its lines */
  open(log: NewLog, source: LogSource): AttemptLog {
    const { group, replicaCount, sessionId, attempt, replicaIndex } = log;
    const writer = this.#writer(segmentFor(groupFolder(this.#folder, group), sessionId, replicaCount));
    const owner = { sessionId, attempt, replicaIndex };
    writer.join(owner, source);
    return {
      append: (lines) => writer.append(owner, lines.map(formatLine).join("")),
      inTrouble: () => writer.inTrouble(),
      close: () => writer.leave(owner),
    };
  }

  #writer(segment: Segment): SegmentWriter {
    const writer = this.#writers.get(segment.log) ?? new SegmentWriter(segment);
    this.#writers.delete(segment.log);
    this.#writers.set(segment.log, writer);
    for (const [file, other] of this.#writers) {
      if (this.#writers.size <= KEPT_WRITERS) break;
      if (other.isIdle) this.#writers.delete(file);
    }
    return writer;
  }
}

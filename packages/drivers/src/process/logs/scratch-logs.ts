import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { GroupLogLine, LogLine } from "../../session-driver.ts";
import { currentTime, formatTime } from "./cri-format.ts";
import type { LogOwner } from "./heading.ts";
import { type AttemptLog, LogStore } from "./log-store.ts";
import { type LogQuery, readLogs } from "./read-logs.ts";
import type { LogSource } from "./segment-writer.ts";

const PATIENT: LogSource = { onPressure: () => {}, onTrouble: () => {} };

/** Logs of one Group in a folder of their own, for tests. */
export class ScratchLogs {
  readonly root: string;
  readonly group = "galaxies";
  readonly folder: string;
  #store: LogStore;

  /** @param root made and removed by the test itself; absent: made here */
  constructor(root?: string) {
    this.root = root ?? mkdtempSync(join(tmpdir(), "canfar-logs-"));
    this.folder = join(this.root, this.group);
    this.#store = new LogStore(this.root);
  }

  /** As another session host would, after this one was killed. */
  nextHost(): void {
    this.#store = new LogStore(this.root);
  }

  open(owner: Partial<LogOwner>, options: { replicaCount?: number; source?: LogSource } = {}): AttemptLog {
    const { sessionId = "aaaaaaaa", attempt = 1, replicaIndex = 1 } = owner;
    const { replicaCount = 1, source = PATIENT } = options;
    return this.#store.open({ group: this.group, replicaCount, sessionId, attempt, replicaIndex }, source);
  }

  /** Writes lines of one attempt, and waits until they are in the file. */
  async write(owner: Partial<LogOwner>, texts: readonly string[], replicaCount = 1): Promise<void> {
    const log = this.open(owner, { replicaCount });
    log.append(texts.map(line));
    await log.close();
  }

  async read(query: Partial<LogQuery> = {}): Promise<GroupLogLine[]> {
    const parts = await Array.fromAsync(readLogs({ folder: this.folder, following: null, ...query }));
    return parts.flatMap(({ lines }) => lines);
  }

  async texts(query: Partial<LogQuery> = {}): Promise<string[]> {
    return (await this.read(query)).map(({ text }) => text);
  }

  remove(): void {
    rmSync(this.root, { recursive: true, force: true });
  }
}

export function line(text: string): LogLine {
  const time = formatTime(currentTime());
  return { time, stream: "stdout", text, partial: false };
}

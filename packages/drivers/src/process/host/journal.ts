import {
  closeSync,
  existsSync,
  fstatSync,
  ftruncateSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import type { Observation, SessionRef } from "../../session-driver.ts";
import { attemptKey, type HostLaunch } from "./protocol.ts";

type Entry =
  | { readonly accepted: HostLaunch }
  | { readonly ended: Observation }
  | { readonly forgotten: readonly SessionRef[] };

/** After so many bytes it is written anew, without what is over. */
const COMPACT_BYTES = 16 * 1024 * 1024;

/**
 * What the host has promised: launches that it accepted, ends that it saw, and what it may forget. One JSON object a
 * line, appended with a single write, so that a killed host leaves whole lines and at most one cut one.
 */
export class Journal {
  readonly #file: string;
  readonly #compactBytes: number;
  /** Launches by the attempts that have not ended yet. */
  readonly #accepted = new Map<string, HostLaunch>();
  readonly #ended = new Map<string, Observation>();
  #descriptor: number | null = null;
  #appendedBytes = 0;

  private constructor(file: string, compactBytes: number) {
    this.#file = file;
    this.#compactBytes = compactBytes;
  }

  /** Reads what an earlier host left. @param options.compactBytes for tests */
  static open(file: string, options: { compactBytes?: number } = {}): Journal {
    const journal = new Journal(file, options.compactBytes ?? COMPACT_BYTES);
    if (existsSync(file)) for (const entry of parse(readFileSync(file, "utf8"))) journal.#apply(entry);
    journal.#compact();
    return journal;
  }

  /** Accepted launches, with those of their Replicas that have not ended yet. */
  get launches(): readonly HostLaunch[] {
    const launches = Map.groupBy(this.#accepted, ([, launch]) => launch);
    return [...launches].map(([launch, entries]) =>
      withReplicas(launch, new Set(entries.map(([key]) => key))),
    );
  }

  /** Ends of attempts that are not forgotten yet. */
  get ended(): ReadonlyMap<string, Observation> {
    return this.#ended;
  }

  /** @throws the file system's error (ENOSPC): then nothing was promised */
  accept(launch: HostLaunch): void {
    this.#append([{ accepted: launch }]);
  }

  /** @throws the file system's error (ENOSPC): then none of them is on record */
  end(observations: readonly Observation[]): void {
    this.#append(observations.map((ended) => ({ ended })));
  }

  forget(refs: readonly SessionRef[]): void {
    this.#append([{ forgotten: refs }]);
    if (this.#appendedBytes > this.#compactBytes) this.#compact();
  }

  #apply(entry: Entry): void {
    if ("accepted" in entry) {
      for (const replica of entry.accepted.plan.replicas)
        this.#accepted.set(attemptKey(replica), entry.accepted);
    } else if ("ended" in entry) {
      this.#accepted.delete(attemptKey(entry.ended));
      this.#ended.set(attemptKey(entry.ended), entry.ended);
    } else for (const ref of entry.forgotten) this.#ended.delete(attemptKey(ref));
  }

  #append(entries: readonly Entry[]): void {
    const lines = Buffer.from(entries.map((entry) => `${JSON.stringify(entry)}\n`).join(""));
    this.#descriptor ??= openSync(this.#file, "a", 0o600);
    const before = fstatSync(this.#descriptor).size;
    const written = writeSync(this.#descriptor, lines);
    if (written < lines.length) {
      // A full disk may take a part of a line; the next entry must stand on its own.
      ftruncateSync(this.#descriptor, before);
      throw Object.assign(new Error("the disk is full"), { code: "ENOSPC" });
    }
    this.#appendedBytes += written;
    for (const entry of entries) this.#apply(entry);
  }

  /** A disk without room for the new file is no harm: the old one goes on. */
  #compact(): void {
    const temporary = `${this.#file}.new`;
    const entries: Entry[] = [
      ...this.launches.map((accepted) => ({ accepted })),
      ...[...this.#ended.values()].map((ended) => ({ ended })),
    ];
    try {
      writeFileSync(temporary, entries.map((entry) => `${JSON.stringify(entry)}\n`).join(""), {
        mode: 0o600,
      });
      renameSync(temporary, this.#file);
    } catch (error) {
      if (!["ENOSPC", "EDQUOT"].includes((error as NodeJS.ErrnoException).code ?? "")) throw error;
      rmSync(temporary, { force: true });
      return;
    }
    if (this.#descriptor !== null) closeSync(this.#descriptor);
    this.#descriptor = null;
    this.#appendedBytes = 0;
  }
}

function parse(text: string): Entry[] {
  return text.split("\n").flatMap((line) => {
    if (line === "") return [];
    try {
      return [JSON.parse(line) as Entry];
    } catch {
      return []; // The line that the host was writing when it was killed: it had not been acknowledged.
    }
  });
}

function withReplicas(launch: HostLaunch, keys: ReadonlySet<string>): HostLaunch {
  const replicas = launch.plan.replicas.filter((replica) => keys.has(attemptKey(replica)));
  return { ...launch, plan: { ...launch.plan, replicas } };
}

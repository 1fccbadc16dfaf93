import { ConfinedFolder } from "../../data-folder/confined-folder.ts";
import { type JournalEvent, readEvents } from "./journal-event.ts";

/** Bytes of one record that are read in one go: more than a Replica writes between two looks. */
const MOST_AT_ONCE = 64 * 1024 * 1024;

/** Reads what Replicas record, from where the last look ended. */
export class ItemRecords {
  readonly #progress: string;
  /** Bytes that were read, by `REPLICA/BLOCK`. */
  readonly #read = new Map<string, number>();

  /** @param progress folder of the Group in which its Replicas write */
  constructor(progress: string) {
    this.#progress = progress;
  }

  /** Replicas that have recorded anything. */
  replicas(): number[] {
    using progress = ConfinedFolder.open(this.#progress);
    using journal = progress?.folder("journal");
    return (journal?.names() ?? []).map(numberOf).filter((replica) => replica !== null);
  }

  /** What Replicas have recorded since the last look, each in its order. */
  *news(replicas: Iterable<number>): Generator<{ replica: number; event: JournalEvent }> {
    using progress = ConfinedFolder.open(this.#progress);
    using journal = progress?.folder("journal");
    for (const replica of replicas) {
      using blocks = journal?.folder(String(replica));
      for (const block of blocks?.names() ?? []) {
        if (numberOf(block) === null) continue;
        const key = `${replica}/${block}`;
        const from = this.#read.get(key) ?? 0;
        if ((blocks?.stat(block)?.size ?? 0) <= from) continue;
        const { events, length } = readEvents(blocks?.read(block, from, MOST_AT_ONCE) ?? Buffer.alloc(0));
        this.#read.set(key, from + length);
        for (const event of events) yield { replica, event };
      }
    }
  }
}

export function numberOf(name: string): number | null {
  return /^\d{1,9}$/.test(name) ? Number(name) : null;
}

/** One line of the record that `canfar-items` keeps, see `session-tools/items/journal.sh`. */
export interface JournalEvent {
  readonly kind: "start" | "done" | "fail" | "stop" | "lost" | "aside";
  /** Of the Item in dealing order, from 1. */
  readonly position: number;
  readonly attempt: number;
  /** Counts the claims on the Item. */
  readonly generation: number;
  /** Null where a script said so, or the Replica was killed. */
  readonly exitCode: number | null;
  readonly seconds: number | null;
  readonly reason: string;
}

const KINDS: readonly string[] = ["start", "done", "fail", "stop", "lost", "aside"];

/** Null for what is no whole line of a record: empty, cut short by a full disk, or made up by a user. */
export function parseJournalEvent(line: string): JournalEvent | null {
  const [kind = "", ...words] = line.split(" ");
  if (!KINDS.includes(kind)) return null;
  const [position = -1, attempt = -1, generation = -1] = words.slice(0, 3).map(whole);
  if (position < 1 || attempt < 0 || generation < 0) return null;
  if (kind === "done" && words.length < 5) return null;
  const ended = kind === "done" || kind === "fail";
  if (ended && words[4] === undefined) return null;
  const way = ended || kind === "aside" ? whole(words[3] ?? "") : -1;
  const seconds = ended ? Number(words[4]) : Number.NaN;
  return {
    ...{ kind: kind as JournalEvent["kind"], position, attempt, generation },
    exitCode: way >= 0 ? way : null,
    seconds: Number.isFinite(seconds) ? seconds : null,
    reason: words.slice(kind === "aside" ? 4 : 5).join(" "),
  };
}

/** Negative for what is no number. */
function whole(word: string): number {
  return /^\d{1,9}$/.test(word) ? Number(word) : -1;
}

/** Whole lines of a part of a record, and how many bytes they took: what follows may still be in the writing. */
export function readEvents(bytes: Buffer): { events: JournalEvent[]; length: number } {
  const length = bytes.lastIndexOf("\n") + 1;
  const events = bytes
    .toString("utf8", 0, length)
    .split("\n")
    .map(parseJournalEvent)
    .filter((event) => event !== null);
  return { events, length };
}

import { CanfarError } from "@canfar/contract";
import { wait } from "../clock.ts";
import type { Connection } from "../connection.ts";
import { instant } from "./instant.ts";
import { lines } from "./lines.ts";
import type { LogOptions, LogSource } from "./session-logs.ts";

const FIRST_DELAY_MS = 250;
const LONGEST_DELAY_MS = 10_000;
/** A server that stays away for this long is given up. */
const PATIENCE_MS = 120_000;

/**
 * Follows the output on a server that dates its lines. A broken connection is taken up again at the last line seen,
 * so that a restart of the server, or a proxy with a time limit, loses and repeats nothing.
 */
export async function* followWithTimes(
  connection: Connection,
  source: LogSource,
  options: LogOptions,
): AsyncGenerator<string> {
  const { transport, clock } = connection;
  const since = instant(options.since);
  const place = new Place();
  let delay = FIRST_DELAY_MS;
  let lostAt: number | null = null;
  for (;;) {
    const query = {
      view: "logs",
      follow: "true",
      timestamps: "true",
      tail: place.time === null ? options.tail?.toString() : undefined,
      since: place.time ?? since,
    };
    try {
      place.resume();
      const request = { method: "GET", path: source.path, query, signal: options.signal } as const;
      for await (const line of lines(transport.stream(request))) {
        delay = FIRST_DELAY_MS;
        lostAt = null;
        const text = place.accept(line);
        if (text !== null) yield options.timestamps ? line : text;
      }
      // A server that stops politely ends its answers too.
      if (await source.hasEnded()) return;
      await wait(clock, delay, options.signal);
    } catch (error) {
      options.signal?.throwIfAborted();
      if (!(error instanceof CanfarError) || !isTemporary(error)) throw error;
      const now = clock.now().getTime();
      lostAt ??= now;
      // Before the first line there is nothing to lose: the error is the answer.
      if (place.time === null && error.code === "server.unavailable") throw error;
      if (now - lostAt > PATIENCE_MS) throw error;
      await wait(clock, delay, options.signal);
      delay = Math.min(delay * 2, LONGEST_DELAY_MS);
    }
  }
}

function isTemporary({ code }: CanfarError): boolean {
  return code === "transport.failure" || code === "transport.timed_out" || code === "server.unavailable";
}

/** Where in a dated output the reader is. Several lines may bear the same time. */
class Place {
  /** Time of the last line, as the server wrote it. */
  time: string | null = null;
  #seenAtTime = 0;
  #toSkip = 0;
  #resuming = false;

  /** The next lines come from `time` on, so those already seen come again. */
  resume(): void {
    this.#resuming = this.time !== null;
    this.#toSkip = this.#seenAtTime;
  }

  /** The line without its time; null for one that was seen before. */
  accept(line: string): string | null {
    const at = line.indexOf(" ");
    const time = at < 0 ? line.trimEnd() : line.slice(0, at);
    if (this.#resuming && this.time !== null) {
      // The server may round `since` down, and so send a few lines from before it.
      if (time < this.time) return null;
      if (time === this.time && this.#toSkip > 0) {
        this.#toSkip -= 1;
        return null;
      }
      this.#resuming = false;
    }
    if (time !== this.time) {
      this.time = time;
      this.#seenAtTime = 0;
    }
    this.#seenAtTime += 1;
    return at < 0 ? "\n" : line.slice(at + 1);
  }
}

import { CanfarError } from "@canfar/contract";
import type { Connection } from "../connection.ts";
import { unsupported } from "../unsupported.ts";
import { followWithTimes } from "./follow.ts";
import { instant } from "./instant.ts";
import { lines } from "./lines.ts";
import { pollLogs } from "./poll.ts";

export interface LogOptions {
  /** Go on until the Session has ended. */
  readonly follow?: boolean | undefined;
  /** Only the last so many lines that there are now. */
  readonly tail?: number | undefined;
  /** Only lines from this moment on; text is ISO 8601. */
  readonly since?: Date | string | undefined;
  /** Put the time (ISO 8601) and a space before each line. */
  readonly timestamps?: boolean | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** The Session whose output is read. */
export interface LogSource {
  readonly id: string;
  /** Its path below the API's base address. */
  readonly path: string;
  hasEnded(): Promise<boolean>;
}

/** See `Sessions.logs`. */
export async function* sessionLogs(
  connection: Connection,
  source: LogSource,
  options: LogOptions,
): AsyncGenerator<string> {
  if (options.tail !== undefined && (!Number.isInteger(options.tail) || options.tail < 0)) {
    throw new CanfarError("request.invalid", {
      message: `tail is ${options.tail}, not a whole number of lines`,
    });
  }
  const { follow, tail, since, timestamps, signal } = options;
  const plain = !follow && tail === undefined && since === undefined && !timestamps;
  if (!plain && (await connection.features()).logs) {
    yield* follow ? followWithTimes(connection, source, options) : readOnce(connection, source, options);
    return;
  }
  if (since !== undefined || timestamps)
    throw unsupported(connection.server.name, "keeps no times of log lines");
  if (follow) yield* pollLogs(connection, source, { tail, signal });
  else if (tail === undefined) yield* readOnce(connection, source, { signal });
  else yield* lastLines(readOnce(connection, source, { signal }), tail);
}

async function* readOnce(
  { transport }: Connection,
  source: LogSource,
  { tail, since, timestamps, signal }: LogOptions,
): AsyncGenerator<string> {
  const query = {
    view: "logs",
    tail: tail?.toString(),
    since: instant(since),
    timestamps: timestamps ? "true" : undefined,
  };
  yield* lines(transport.stream({ method: "GET", path: source.path, query, signal }));
}

/** The end of a stream, keeping no more of it than asked for. */
async function* lastLines(input: AsyncIterable<string>, count: number): AsyncGenerator<string> {
  let kept: string[] = [];
  for await (const line of input) {
    kept.push(line);
    if (kept.length > 2 * count + 1000) kept = kept.slice(-count || kept.length);
  }
  yield* count === 0 ? [] : kept.slice(-count);
}

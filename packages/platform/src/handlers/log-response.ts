import { CanfarError } from "@canfar/contract";
import type { LogLine } from "@canfar/drivers";
import type { Context } from "hono";
import { formatLogLine, type LogQuery } from "../services/session-logs.ts";

/** Text is sent in pieces of about this size, or as soon as no more lines are ready. */
const PIECE_CHARACTERS = 64 * 1024;

/**
 * Answers with log lines as they are read: as fast as the client takes them, and no longer than it listens.
 *
 * @param read starts reading; its errors become the answer
 * @throws CanfarError `request.invalid` for parameters that cannot be understood
 */
export function logResponse(context: Context, read: (query: LogQuery) => AsyncIterable<LogLine>): Response {
  const abort = new AbortController();
  const lines = read({ ...parseQuery(context), signal: abort.signal });
  const timestamps = flag(context, "timestamps");
  context.req.raw.signal.addEventListener("abort", () => abort.abort(), { once: true });
  const encoder = new TextEncoder();
  const pieces = inPieces(lines, timestamps);
  const body = new ReadableStream<Uint8Array>({
    async pull(controller) {
      const { done, value } = await pieces.next();
      if (done) controller.close();
      else controller.enqueue(encoder.encode(value));
    },
    async cancel() {
      abort.abort();
      await pieces.return(undefined);
    },
  });
  return new Response(body, { headers: { "Content-Type": "text/plain", "X-Accel-Buffering": "no" } });
}

/** Joins lines that are there already, so that a log of a million lines is not a million small writes. */
async function* inPieces(lines: AsyncIterable<LogLine>, timestamps: boolean): AsyncGenerator<string> {
  const reading = lines[Symbol.asyncIterator]();
  let text = "";
  let isContinued = false;
  try {
    let next = reading.next();
    for (;;) {
      const ready = text === "" ? await next : await Promise.race([next, nothingMore()]);
      if (ready === null || text.length > PIECE_CHARACTERS) {
        yield text;
        text = "";
      }
      if (ready === null) continue;
      if (ready.done) break;
      text += formatLogLine(ready.value, timestamps, isContinued);
      isContinued = ready.value.partial;
      next = reading.next();
    }
    if (text !== "") yield text;
  } finally {
    await reading.return?.();
  }
}

/** Null after the event loop has had a turn. */
function nothingMore(): Promise<null> {
  return new Promise((resolve) => setImmediate(() => resolve(null)));
}

function parseQuery(context: Context): Omit<LogQuery, "signal"> {
  const tail = context.req.query("tail");
  const since = context.req.query("since");
  if (tail !== undefined && !/^\d{1,9}$/.test(tail)) throw invalid("tail", tail, "Give a number of lines.");
  const time = since === undefined ? Number.NaN : Date.parse(since);
  if (since !== undefined && Number.isNaN(time)) {
    throw invalid("since", since, "Give an ISO 8601 time such as 2026-01-31T12:00:00Z.");
  }
  return {
    follow: flag(context, "follow"),
    tail: tail === undefined ? undefined : Number(tail),
    since: since === undefined ? undefined : new Date(time).toISOString(),
  };
}

function flag(context: Context, name: string): boolean {
  const text = context.req.query(name)?.toLowerCase();
  if (text === undefined || text === "false") return false;
  if (text === "true" || text === "") return true;
  throw invalid(name, text, "Give true or false.");
}

function invalid(parameter: string, value: string, hint: string): CanfarError {
  return new CanfarError("request.invalid", { message: `Invalid value for '${parameter}': ${value}`, hint });
}

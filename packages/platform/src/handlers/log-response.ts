import { CanfarError } from "@canfar/contract";
import type { LogLine } from "@canfar/drivers";
import type { Context } from "hono";
import type { LogQuery } from "../services/logs/session-logs.ts";

/**
 * Answers with log lines as they are read: as fast as the client takes them, and no longer than it listens.
 *
 * @param read starts reading; its errors become the answer
 * @throws CanfarError `request.invalid` for parameters that cannot be understood
 */
export function logResponse(
  context: Context,
  read: (query: LogQuery) => AsyncGenerator<readonly LogLine[]>,
): Response {
  const abort = new AbortController();
  const parts = read({ ...parseLogQuery(context), signal: abort.signal });
  const format = new PlainFormat(flag(context, "timestamps"));
  return streamResponse(context, { parts, format: (lines) => format.text(lines), abort });
}

/** Lines as text. A part of a line gets no line end, so that parts join again. */
class PlainFormat {
  readonly #timestamps: boolean;
  #isContinued = false;

  /** @param timestamps puts the time before each line */
  constructor(timestamps: boolean) {
    this.#timestamps = timestamps;
  }

  text(lines: readonly LogLine[]): string {
    let text = "";
    for (const line of lines) {
      if (this.#timestamps && !this.#isContinued) text += `${line.time} `;
      text += line.partial ? line.text : `${line.text}\n`;
      this.#isContinued = line.partial;
    }
    return text;
  }
}

/**
 * Streams what is read, each part as soon as it is there and the client takes it.
 *
 * @param options.end what comes last, from what the reading returned
 * @param options.abort ends the reading, for a client that has gone
 */
export function streamResponse<Part, End>(
  context: Context,
  options: {
    parts: AsyncGenerator<Part, End>;
    format: (part: Part) => string;
    end?: (end: End) => string;
    abort: AbortController;
    mediaType?: string;
  },
): Response {
  const { parts, format, end = () => "", abort, mediaType = "text/plain" } = options;
  context.req.raw.signal.addEventListener("abort", () => abort.abort(), { once: true });
  const body = new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        const next = await parts.next();
        const text = next.done ? end(next.value) : format(next.value);
        if (text !== "") controller.enqueue(Buffer.from(text));
        if (next.done) controller.close();
      },
      async cancel() {
        abort.abort();
        await parts.return(undefined as End);
      },
    },
    { highWaterMark: 0 },
  );
  return new Response(body, { headers: { "Content-Type": mediaType, "X-Accel-Buffering": "no" } });
}

/** @throws CanfarError `request.invalid` */
export function parseLogQuery(context: Context): Omit<LogQuery, "signal"> {
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

/** @throws CanfarError `request.invalid` */
export function flag(context: Context, name: string): boolean {
  const text = context.req.query(name)?.toLowerCase();
  if (text === undefined || text === "false") return false;
  if (text === "true" || text === "") return true;
  throw invalid(name, text, "Give true or false.");
}

function invalid(parameter: string, value: string, hint: string): CanfarError {
  return new CanfarError("request.invalid", { message: `Invalid value for '${parameter}': ${value}`, hint });
}

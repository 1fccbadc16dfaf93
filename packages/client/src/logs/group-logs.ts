import {
  CanfarError,
  type GroupLogEntry,
  type GroupLogLine,
  groupLogEntrySchema,
  type ReplicaSelection,
  routePath,
} from "@canfar/contract";
import { PROBLEM_MEDIA_TYPE } from "@canfar/contract/wire";
import { wait } from "../clock.ts";
import type { Connection } from "../connection.ts";
import { inAddresses } from "../groups/selected-replicas.ts";
import { wholeLines } from "../transport/whole-lines.ts";
import { instant } from "./instant.ts";

const ACCEPT = `${PROBLEM_MEDIA_TYPE}, application/jsonl`;

const FIRST_DELAY_MS = 250;
const LONGEST_DELAY_MS = 10_000;
/** A server that stays away for this long is given up: longer than an update of it takes. */
const PATIENCE_MS = 15 * 60_000;

export interface GroupLogOptions {
  /** Only of these Replicas; those chosen as failed or completed come, with `follow`, when they have ended so. */
  readonly replicas?: ReplicaSelection | undefined;
  /** Go on until every selected Replica has ended. */
  readonly follow?: boolean | undefined;
  /** Only the last so many lines that there are now of each Replica. */
  readonly tail?: number | undefined;
  /** Only lines from this moment on; text is ISO 8601. */
  readonly since?: Date | string | undefined;
  /** Only lines that match this regular expression, in the syntax of RE2. */
  readonly grep?: string | undefined;
  readonly signal?: AbortSignal | undefined;
}

/**
 * The output of a Group's Replicas on a server that has it in one stream. A broken or silent connection is taken up
 * again behind the last cursor, so that nothing is lost or repeated; lines are handed out once their cursor has come.
 *
 * @throws CanfarError `group.not_found`, `session.logs_removed`, `request.invalid`; `request.too_large` for a selection
 *   that is too long to be followed
 */
export async function* groupLogs(
  connection: Connection,
  id: string,
  options: GroupLogOptions,
): AsyncGenerator<GroupLogLine> {
  const { tail, follow = false } = options;
  if (tail !== undefined && (!Number.isInteger(tail) || tail < 0)) {
    throw new CanfarError("request.invalid", { message: `tail is ${tail}, not a whole number of lines` });
  }
  const selections = inAddresses(options.replicas ?? { ranges: [], states: [] });
  if (follow && selections.length > 1) {
    throw new CanfarError("request.too_large", {
      message: "too many single Replicas are selected to be followed",
      hint: "Write ranges such as NAME[3-900], or follow the whole Group.",
    });
  }
  for (const replicas of selections) yield* readSelection(connection, { ...options, id, selected: replicas });
}

async function* readSelection(
  connection: Connection,
  options: GroupLogOptions & { readonly id: string; readonly selected: string },
): AsyncGenerator<GroupLogLine> {
  const { clock } = connection;
  const { id, selected, follow, tail, grep, signal } = options;
  const query = {
    replicas: selected || undefined,
    tail: tail?.toString(),
    since: instant(options.since),
    grep,
  };
  const request = { method: "GET", path: routePath("getGroupLogs", { id }), signal } as const;
  let cursor: string | undefined;
  let hasAnswered = false;
  let delay = FIRST_DELAY_MS;
  let lostAt: number | null = null;
  for (;;) {
    try {
      const resumed = { ...query, follow: follow ? "true" : undefined, cursor };
      for await (const part of parts(connection, { ...request, query: resumed })) {
        if (part.cursor === null) return;
        cursor = part.cursor;
        delay = FIRST_DELAY_MS;
        lostAt = null;
        yield* part.lines;
      }
      // It fell silent, or a server that stops ended its answer without saying that this is the end.
      hasAnswered = true;
    } catch (error) {
      signal?.throwIfAborted();
      if (!(error instanceof CanfarError) || !isTemporary(error)) throw error;
      // A server that is not there from the beginning: that is the answer.
      const isNew = !hasAnswered && cursor === undefined && lostAt === null;
      if (isNew && error.code === "server.unavailable") throw error;
      const now = clock.now().getTime();
      lostAt ??= now;
      if (now - lostAt > PATIENCE_MS) throw error;
    }
    await wait(clock, delay, signal);
    delay = Math.min(delay * 2, LONGEST_DELAY_MS);
  }
}

/** Lines that were sent together, with the cursor behind them; null is the end. */
interface Part {
  readonly lines: readonly GroupLogLine[];
  readonly cursor: string | null;
}

async function* parts(
  connection: Connection,
  request: Parameters<typeof wholeLines>[1],
): AsyncGenerator<Part> {
  let waiting: GroupLogLine[] = [];
  for await (const line of wholeLines(connection, { ...request, accept: ACCEPT })) {
    const entry = parse(line);
    if ("end" in entry) yield { lines: waiting, cursor: null };
    else {
      const { cursor, ...own } = entry;
      waiting.push(own);
      if (cursor === undefined) continue;
      yield { lines: waiting, cursor };
      waiting = [];
    }
  }
}

function parse(line: string): GroupLogEntry {
  const result = groupLogEntrySchema.safeParse(tryJson(line));
  if (result.success) return result.data;
  throw new CanfarError("server.internal", {
    message: `the server sent something that is no log line: ${line.slice(0, 80).trim()}`,
    hint: "Is it a proxy that answers instead of the server?",
  });
}

function tryJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null; // Which is no log line either.
  }
}

function isTemporary({ code }: CanfarError): boolean {
  return code === "transport.failure" || code === "transport.timed_out" || code === "server.unavailable";
}

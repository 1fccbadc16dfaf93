import { type GroupLogEntry, ROUTES } from "@canfar/contract";
import type { GroupLogLine } from "@canfar/drivers";
import type { Context } from "hono";
import type { GroupLogPart, GroupLogs } from "../services/logs/group-logs.ts";
import { honoPath, type PlatformApp, type PlatformEnvironment } from "./context.ts";
import { idOf, selectionOf } from "./group.ts";
import { JSON_LINES } from "./json-lines-response.ts";
import { flag, parseLogQuery, streamResponse } from "./log-response.ts";

/** `/canfar/v1/group/{id}/logs`: what a Group's Replicas wrote, as text or, where it is accepted, as JSON. */
export function mountGroupLogs(app: PlatformApp, logs: GroupLogs): void {
  app.get(honoPath(ROUTES.getGroupLogs.path), (context) => {
    const abort = new AbortController();
    const parts = logs.read(context.var.user, idOf(context), {
      ...parseLogQuery(context),
      replicas: selectionOf(context),
      grep: context.req.query("grep"),
      cursor: context.req.query("cursor"),
      signal: abort.signal,
    });
    if (context.req.header("accept")?.includes(JSON_LINES) === true) {
      const mediaType = JSON_LINES;
      const end = (isWhole: boolean) => (isWhole ? jsonLine({ end: true }) : "");
      return streamResponse(context, { parts, format: jsonLines, end, abort, mediaType });
    }
    const format = new GroupText(textOptions(context, logs.namer(context.var.user, idOf(context))));
    return streamResponse(context, { parts, format: ({ lines }) => format.text(lines), abort });
  });
}

function textOptions(
  context: Context<PlatformEnvironment>,
  nameOf: (replica: number) => string,
): TextOptions {
  return {
    nameOf: flag(context, "prefix") ? nameOf : null,
    timestamps: flag(context, "timestamps"),
  };
}

/** The last line has the cursor: who reads up to it has everything before it. */
function jsonLines({ lines, cursor }: GroupLogPart): string {
  let text = "";
  for (const [at, line] of lines.entries()) {
    const { time, sessionId: session, replicaIndex: replica, attempt, stream } = line;
    text += jsonLine({
      ...{ time, session, replica, attempt, stream, text: line.text },
      ...(line.partial ? { partial: true } : {}),
      ...(at === lines.length - 1 ? { cursor } : {}),
    });
  }
  return text;
}

function jsonLine(entry: GroupLogEntry): string {
  return `${JSON.stringify(entry)}\n`;
}

interface TextOptions {
  /** Name of a Replica, to be put before each of its lines; null for none. */
  readonly nameOf: ((replica: number) => string) | null;
  readonly timestamps: boolean;
}

/**
 * Lines of many Replicas as text. A part of a line is joined to the next one where that follows at once; else it is a
 * line of its own, so that no Replica's text stands behind the name of another one.
 */
class GroupText {
  readonly #options: TextOptions;
  /** Whose line has no end yet. */
  #open: string | null = null;

  constructor(options: TextOptions) {
    this.#options = options;
  }

  text(lines: readonly GroupLogLine[]): string {
    let text = "";
    for (const line of lines) {
      const source = `${line.sessionId}.${line.attempt}.${line.stream}`;
      if (this.#open !== source) text += (this.#open === null ? "" : "\n") + this.#head(line);
      text += line.partial ? line.text : `${line.text}\n`;
      this.#open = line.partial ? source : null;
    }
    return text;
  }

  #head({ replicaIndex, time }: GroupLogLine): string {
    const { nameOf, timestamps } = this.#options;
    return `${nameOf === null ? "" : `${nameOf(replicaIndex)} | `}${timestamps ? `${time} ` : ""}`;
  }
}

import type { IncomingMessage } from "node:http";
import type { Answer } from "./answers.ts";
import * as answers from "./answers.ts";
import type { LogFields, ProxyLog } from "./log.ts";
import type { RouteTable, SessionRoute } from "./route-table.ts";

/** Everyday ends of connections, each with what it says to people. */
const EVERYDAY: Readonly<Record<string, string>> = {
  ECONNREFUSED: "Nothing listens at its port.",
  ECONNRESET: "It closed the connection without an answer.",
  EHOSTUNREACH: "Its machine cannot be reached.",
  ENETUNREACH: "Its machine cannot be reached.",
  ENOTFOUND: "Its machine is not known.",
  EPIPE: "It closed the connection without an answer.",
  ETIMEDOUT: "It did not take the connection in time.",
  ERR_STREAM_PREMATURE_CLOSE: "The connection ended too early.",
};

/** A Session that just became ready may still open its port: for this long (ms) that counts as starting. */
const STARTING_GRACE = 10_000;

/** What to answer when a Session could not be reached. */
export function failureAnswer(error: NodeJS.ErrnoException, route: SessionRoute, routes: RouteTable): Answer {
  const readyFor = routes.readyFor(route.sessionId);
  if (error.code === "ECONNREFUSED" && readyFor !== null && readyFor < STARTING_GRACE) {
    return answers.starting({ ...route, message: "It opens its pages." }, routes.elapsed(route.sessionId));
  }
  return answers.unreachable(
    route,
    EVERYDAY[error.code ?? ""] ?? "It answered with something that is not HTTP.",
  );
}

/** One line for the everyday, a stack for the rest; addresses without their query, where credentials travel. */
export function logFailure(log: ProxyLog, message: string, error: Error, about: LogFields): void {
  const { code } = error as NodeJS.ErrnoException;
  if (code !== undefined && (code in EVERYDAY || code.startsWith("HPE_")))
    log.warn(message, { ...about, code });
  else log.error(message, { ...about, error: error.stack ?? String(error) });
}

/** What a log line may say about a request. */
export function requestFields({ method, url = "" }: IncomingMessage, sessionId?: string): LogFields {
  const path = url.split(/[?#]/, 1)[0];
  return { ...(sessionId === undefined ? {} : { session: sessionId }), method, path };
}

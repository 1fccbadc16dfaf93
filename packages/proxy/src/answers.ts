import type { ErrorCode } from "@canfar/contract";
import { deniedPage } from "./pages/denied.ts";
import { endedPage } from "./pages/ended.ts";
import { failedPage } from "./pages/failed.ts";
import type { Page } from "./pages/layout.ts";
import { notFoundPage } from "./pages/not-found.ts";
import { startingPage } from "./pages/starting.ts";
import { unreachablePage } from "./pages/unreachable.ts";
import type { SessionRoute } from "./route-table.ts";

/** Something that the proxy itself says: as a page to browsers, as a line of text to everyone else. */
export interface Answer {
  readonly status: number;
  /** Absent for redirects. */
  readonly code?: ErrorCode;
  readonly text: string;
  readonly hint?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly page?: Page;
}

/** The reserved path below a Session's prefix where its waiting page listens. */
export const PROGRESS_PATH = ".canfar/progress";

const RETRY_SECONDS = "2";

export function notFound(): Answer {
  const text = "there is no session at this address";
  return {
    status: 404,
    code: "session.not_found",
    text,
    hint: "`canfar ps --all` lists yours.",
    page: notFoundPage(),
  };
}

/** @param elapsed milliseconds since the Session was asked for */
export function starting({ sessionId, message: given, prefix }: SessionRoute, elapsed: number): Answer {
  const message = given || "It was asked for and waits for its turn.";
  const facts = { sessionId, message, elapsedSeconds: elapsed / 1000, progressPath: prefix + PROGRESS_PATH };
  return {
    status: 503,
    code: "session.not_ready",
    text: `session ${sessionId} is starting: ${message}`,
    hint: "Try again in a moment.",
    headers: { "Retry-After": RETRY_SECONDS },
    page: startingPage(facts),
  };
}

export function ended({ sessionId, message: given }: SessionRoute): Answer {
  const message = given || "It was stopped, or did what it had to do.";
  return {
    status: 410,
    code: "session.not_active",
    text: `session ${sessionId} has ended: ${message}`,
    hint: `\`canfar logs ${sessionId}\` shows what it printed.`,
    page: endedPage({ sessionId, message }),
  };
}

export function unreachable({ sessionId }: SessionRoute, why: string): Answer {
  return {
    status: 502,
    code: "server.unavailable",
    text: `session ${sessionId} does not answer: ${why}`,
    hint: `\`canfar logs ${sessionId}\` shows what its server said last.`,
    page: unreachablePage({ sessionId, why }),
  };
}

export function denied(): Answer {
  const why = "It belongs to another account than the one you are logged in with.";
  return { status: 403, code: "authorization.denied", text: why, page: deniedPage({ why }) };
}

export function foreign(): Answer {
  const why = "A page of another site asked for a change in this session, or for a connection to it.";
  const page = failedPage({ heading: "This was not asked for by the platform's own pages", why });
  return { status: 403, code: "authorization.denied", text: why, page };
}

export function loginRequired(): Answer {
  return {
    status: 401,
    code: "authentication.required",
    text: "log in to open this session",
    hint: "`canfar open ID` opens it in the browser, logged in as you.",
    headers: { "WWW-Authenticate": "Bearer" },
  };
}

/** @param location relative to the origin, or an absolute address */
export function redirect(status: 302 | 303 | 308, location: string, setCookie?: string): Answer {
  const headers = { Location: location, ...(setCookie === undefined ? {} : { "Set-Cookie": setCookie }) };
  return { status, text: `go to ${location}`, headers };
}

export function badRequest(why: string): Answer {
  const page = failedPage({ heading: "This address cannot be opened", why });
  return { status: 400, code: "request.invalid", text: why, page };
}

export function internalError(): Answer {
  const why = "The platform failed while it opened this session. Its log says more.";
  const page = failedPage({ heading: "Something went wrong", why });
  return { status: 500, code: "server.internal", text: why, page };
}

import { CanfarError, type ErrorCode } from "@canfar/contract";
import { encodeProblem, PROBLEM_MEDIA_TYPE } from "@canfar/contract/wire";
import type { Log } from "../log.ts";

/** HTTP status of each code that is not a plain 400, as upstream's clients expect it (upstream-server.md 1.1). */
const STATUS: Partial<Record<ErrorCode, number>> = {
  "authentication.required": 401,
  "authentication.expired": 401,
  "authentication.credential_missing": 401,
  "authentication.credential_invalid": 401,
  "authentication.failed": 401,
  "authentication.denied": 403,
  "authorization.denied": 403,
  "session.not_found": 404,
  "file.not_found": 404,
  "group.not_found": 404,
  "request.not_found": 404,
  "request.conflict": 409,
  "group.ended": 409,
  "session.not_ready": 409,
  "session.logs_removed": 410,
  "request.too_large": 413,
  "server.internal": 500,
  "platform.python_missing": 500,
  "image.build_failed": 500,
  "server.unavailable": 503,
  "storage.full": 507,
};

/** Seconds after which a client may try again. */
const RETRY_AFTER = "10";

/**
 * Writes an error as the answer: text for upstream's clients, a problem document (RFC 9457) for those that accept one.
 * What is not a CanfarError is a bug: it goes to the log, and the caller learns only where to look.
 */
export function errorResponse(error: unknown, request: Request, log: Log): Response {
  const known = error instanceof CanfarError ? error : unexpected(error, request, log);
  const status = STATUS[known.code] ?? 400;
  const headers = new Headers({ "X-Canfar-Code": known.code, "Cache-Control": "no-store" });
  if (status === 401) headers.set("WWW-Authenticate", 'Bearer realm="canfar"');
  if (status === 503) headers.set("Retry-After", RETRY_AFTER);
  if (request.headers.get("accept")?.includes(PROBLEM_MEDIA_TYPE)) {
    headers.set("Content-Type", PROBLEM_MEDIA_TYPE);
    return new Response(`${JSON.stringify(encodeProblem(known, status))}\n`, { status, headers });
  }
  headers.set("Content-Type", "text/plain");
  return new Response(`${known.message}\n`, { status, headers });
}

function unexpected(error: unknown, request: Request, log: Log): CanfarError {
  const reference = crypto.randomUUID().slice(0, 8);
  log.error("a request failed unexpectedly", {
    ...{ reference, method: request.method, path: new URL(request.url).pathname, error },
  });
  return new CanfarError("server.internal", {
    message: `unexpected exception: the platform failed; its log has more under ${reference}`,
    hint: "Try again; if it happens again, tell the operator the reference.",
    details: { reference },
    cause: error,
  });
}

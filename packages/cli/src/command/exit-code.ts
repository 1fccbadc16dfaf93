import { CanfarError, type ErrorCode } from "@canfar/contract";

/** Exit codes of the command (docs/guide.md lists them for scripts). */
export const EXIT = {
  ok: 0,
  failure: 1,
  usage: 2,
  login: 3,
  notFound: 4,
  conflict: 5,
  server: 6,
  partial: 7,
  timedOut: 8,
  interrupted: 130,
} as const;

/** The edge table: what a stable error code is to a shell. */
const EXIT_CODES: Readonly<Record<ErrorCode, number>> = {
  "authentication.required": EXIT.login,
  "authentication.expired": EXIT.login,
  "authentication.credential_missing": EXIT.login,
  "authentication.credential_invalid": EXIT.login,
  "authentication.denied": EXIT.login,
  "authentication.failed": EXIT.login,
  "authorization.denied": EXIT.failure,
  "command.usage": EXIT.usage,
  "command.failed": EXIT.failure,
  "command.cancelled": EXIT.interrupted,
  "command.confirmation_required": EXIT.usage,
  "command.partial_success": EXIT.partial,
  "command.timed_out": EXIT.timedOut,
  "config.invalid": EXIT.failure,
  "config.locked": EXIT.failure,
  "config.unwritable": EXIT.failure,
  "file.not_found": EXIT.notFound,
  "group.not_found": EXIT.notFound,
  "group.ended": EXIT.conflict,
  "image.invalid_reference": EXIT.usage,
  "image.unknown": EXIT.notFound,
  "image.registry_not_allowed": EXIT.failure,
  "image.wrong_kind": EXIT.failure,
  "image.build_failed": EXIT.failure,
  "platform.already_running": EXIT.conflict,
  "platform.not_running": EXIT.server,
  "platform.port_taken": EXIT.conflict,
  "platform.python_missing": EXIT.failure,
  "platform.start_failed": EXIT.failure,
  "request.conflict": EXIT.conflict,
  "request.invalid": EXIT.usage,
  "request.not_found": EXIT.notFound,
  "request.unsupported": EXIT.failure,
  "request.too_large": EXIT.failure,
  "resource.out_of_range": EXIT.usage,
  "resource.insufficient": EXIT.conflict,
  "quota.sessions": EXIT.conflict,
  "server.discovery_failed": EXIT.server,
  "server.none_available": EXIT.login,
  "server.unavailable": EXIT.server,
  "server.internal": EXIT.server,
  "session.not_found": EXIT.notFound,
  "session.logs_removed": EXIT.notFound,
  "session.ambiguous": EXIT.usage,
  "session.invalid_name": EXIT.usage,
  "session.invalid_kind": EXIT.usage,
  "session.not_active": EXIT.conflict,
  "session.not_ready": EXIT.conflict,
  "session.missing_parameter": EXIT.usage,
  "storage.full": EXIT.server,
  "transport.failure": EXIT.server,
  "transport.timed_out": EXIT.server,
};

/** The exit code for whatever a command threw. */
export function exitCodeOf(error: unknown): number {
  return error instanceof CanfarError ? EXIT_CODES[error.code] : EXIT.failure;
}

/** The exit code of one verb over several things: 7 where some succeeded, else the worst of the failures. */
export function combinedExitCode(succeeded: number, failures: readonly unknown[]): number {
  if (failures.length === 0) return EXIT.ok;
  return succeeded > 0 ? EXIT.partial : Math.max(...failures.map(exitCodeOf));
}

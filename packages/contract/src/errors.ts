/**
 * Every code that a CANFAR program may answer with. Codes are stable: scripts match on them. The edges translate
 * them: the server into an HTTP status, the command into an exit code.
 */
export const ERROR_CODES = [
  "authentication.required",
  "authentication.expired",
  "authentication.credential_missing",
  "authentication.credential_invalid",
  "authentication.denied",
  "authentication.failed",
  "authorization.denied",
  "command.usage",
  "command.failed",
  "command.cancelled",
  "command.confirmation_required",
  "command.partial_success",
  "command.timed_out",
  "config.invalid",
  "config.locked",
  "config.unwritable",
  "file.not_found",
  "group.not_found",
  "group.ended",
  "image.invalid_reference",
  "image.unknown",
  "image.registry_not_allowed",
  "image.wrong_kind",
  "image.build_failed",
  "platform.already_running",
  "platform.not_running",
  "platform.port_taken",
  "platform.python_missing",
  "platform.start_failed",
  "request.conflict",
  "request.invalid",
  "request.not_found",
  "request.unsupported",
  "request.too_large",
  "resource.out_of_range",
  "resource.insufficient",
  "quota.sessions",
  "server.discovery_failed",
  "server.none_available",
  "server.unavailable",
  "server.internal",
  "session.not_found",
  "session.ambiguous",
  "session.invalid_name",
  "session.invalid_kind",
  "session.not_active",
  "session.not_ready",
  "session.missing_parameter",
  "session.logs_removed",
  "storage.full",
  "transport.failure",
  "transport.timed_out",
] as const;

export type ErrorCode = (typeof ERROR_CODES)[number];

export function isErrorCode(text: string): text is ErrorCode {
  return (ERROR_CODES as readonly string[]).includes(text);
}

export interface CanfarErrorOptions {
  /** What happened, and why. */
  readonly message: string;
  /** What to do next. */
  readonly hint?: string | undefined;
  /** Facts for programs, so that nobody parses the message. */
  readonly details?: Readonly<Record<string, unknown>> | undefined;
  readonly cause?: unknown;
}

/** The one error class of the product: a stable code, what happened, what to do, and the facts. */
export class CanfarError extends Error {
  override readonly name = "CanfarError";
  readonly code: ErrorCode;
  readonly hint: string | undefined;
  readonly details: Readonly<Record<string, unknown>>;

  constructor(code: ErrorCode, options: CanfarErrorOptions) {
    super(options.message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.hint = options.hint;
    this.details = options.details ?? {};
  }

  /** The machine form, as printed on stderr with `-o json` and sent as a problem document. */
  toJSON(): { code: ErrorCode; message: string; hint?: string; details?: Readonly<Record<string, unknown>> } {
    return {
      code: this.code,
      message: this.message,
      ...(this.hint === undefined ? {} : { hint: this.hint }),
      ...(Object.keys(this.details).length === 0 ? {} : { details: this.details }),
    };
  }
}

import { CanfarError, type ErrorCode, isErrorCode } from "@canfar/contract";
import { decodeProblem } from "@canfar/contract/wire";

/** What a status means where the server names no code of ours: every upstream server. */
const CODE_OF_STATUS: Readonly<Record<number, ErrorCode>> = {
  400: "request.invalid",
  401: "authentication.required",
  403: "authorization.denied",
  404: "session.not_found",
  405: "request.unsupported",
  408: "transport.timed_out",
  409: "session.not_active",
  413: "request.too_large",
  414: "request.too_large",
  429: "server.unavailable",
  500: "server.internal",
  501: "request.unsupported",
  502: "server.unavailable",
  503: "server.unavailable",
  504: "server.unavailable",
  507: "storage.full",
};

const HINTS: Partial<Record<ErrorCode, string>> = {
  "authentication.required": "Log in with `canfar login`.",
  "authentication.expired": "Log in again with `canfar login`.",
  "authentication.credential_invalid": "Log in again with `canfar login`.",
  "session.not_found": "List your Sessions with `canfar ps --all`.",
  "server.internal": "Try again; if it happens again, tell the people who run the server.",
};

/** Facts about one exchange that every error of it carries. None of them is secret. */
export interface Exchange {
  readonly server: string;
  readonly url: URL;
  readonly method: string;
  /** Requests made so far, this one included. */
  readonly attempts: number;
}

/** Longest error body that is read: a proxy may answer with a whole site. */
const ERROR_BODY_LIMIT = 64 * 1024;

/** Turns an answer that is no success into an error in the server's own words. Reads the body. */
export async function failedAnswer(response: Response, exchange: Exchange): Promise<CanfarError> {
  const { status, headers } = response;
  const body = await readLimited(response);
  const retryAfter = retryAfterSeconds(headers);
  const details = {
    status,
    server: exchange.server,
    attempts: exchange.attempts,
    ...(retryAfter === null ? {} : { retryAfterSeconds: retryAfter }),
  };
  if (status >= 300 && status < 400) {
    return new CanfarError("transport.failure", {
      message: `The server '${exchange.server}' answered ${exchange.method} ${exchange.url.pathname} with a redirect (${status}), which is not followed`,
      hint: "Check the address of the server: `canfar server ls`.",
      details,
    });
  }
  const header = headers.get("x-canfar-code") ?? "";
  const fallback = isErrorCode(header) ? header : (CODE_OF_STATUS[status] ?? "transport.failure");
  const problem = decodeProblem(body, headers.get("content-type") ?? "", fallback);
  const silent = problem.message === "the server gave no reason";
  return new CanfarError(problem.code, {
    message: silent ? `The server '${exchange.server}' answered ${status} without a reason` : problem.message,
    hint: problem.hint ?? waitHint(retryAfter) ?? HINTS[problem.code],
    details: { ...problem.details, ...details },
  });
}

/** Seconds named by `Retry-After` (RFC 9110 10.2.3), as a number or a date; null where there is none. */
export function retryAfterSeconds(headers: Headers, now: () => number = Date.now): number | null {
  const text = headers.get("retry-after")?.trim();
  if (!text) return null;
  if (/^\d+$/.test(text)) return Number(text);
  const time = Date.parse(text);
  return Number.isNaN(time) ? null : Math.max(0, Math.ceil((time - now()) / 1000));
}

function waitHint(retryAfter: number | null): string | undefined {
  return retryAfter === null ? undefined : `The server asks to try again in ${retryAfter} s.`;
}

/** Turns what `fetch` or a body threw into an error that says what to do. Aborts pass through as they are. */
export function networkFailure(error: unknown, exchange: Exchange): CanfarError {
  const code = causeCode(error);
  const { server, url, attempts } = exchange;
  const details = { server, url: url.origin, attempts, ...(code === undefined ? {} : { reason: code }) };
  if (code === "ECONNREFUSED") {
    return new CanfarError("server.unavailable", {
      message: `Nothing answers at ${url.origin}, the address of the server '${server}'`,
      hint: "Is the platform running? Start it with `canfar platform up`.",
      details,
      cause: error,
    });
  }
  if (code === "ENOTFOUND" || code === "EAI_AGAIN") {
    return new CanfarError("server.unavailable", {
      message: `The host name ${url.hostname} of the server '${server}' cannot be resolved`,
      hint: "Check the network and the address: `canfar server ls`.",
      details,
      cause: error,
    });
  }
  if (code?.includes("CERT") || code?.startsWith("ERR_TLS") || code?.includes("SIGNATURE")) {
    return new CanfarError("transport.failure", {
      message: `The certificate of ${url.host} cannot be trusted: ${code}`,
      hint: "For a private authority, set NODE_EXTRA_CA_CERTS to its certificate.",
      details,
      cause: error,
    });
  }
  return new CanfarError("transport.failure", {
    message: `The connection to the server '${server}' at ${url.origin} broke off${code ? `: ${code}` : ""}`,
    hint: "Check the network and try again.",
    details,
    cause: error,
  });
}

/** No byte came for so long. */
export function silentServer(exchange: Exchange, timeoutMs: number): CanfarError {
  return new CanfarError("transport.timed_out", {
    message: `The server '${exchange.server}' at ${exchange.url.origin} sent nothing for ${timeoutMs / 1000} s`,
    hint: "Try again, or give it more time with CANFAR_TIMEOUT (seconds).",
    details: { server: exchange.server, url: exchange.url.origin, attempts: exchange.attempts },
  });
}

/** The answer came but is not what the protocol says. */
export function unreadableAnswer(exchange: Exchange, what: string, cause?: unknown): CanfarError {
  return new CanfarError("transport.failure", {
    message: `The server '${exchange.server}' answered ${exchange.method} ${exchange.url.pathname} with ${what}`,
    hint: "Is this the address of a Science Platform? See `canfar server ls`.",
    details: { server: exchange.server, url: exchange.url.origin },
    cause,
  });
}

function causeCode(error: unknown): string | undefined {
  for (let inner = error; inner instanceof Error; inner = inner.cause) {
    const { code } = inner as NodeJS.ErrnoException;
    if (typeof code === "string") return code;
  }
  return undefined;
}

async function readLimited(response: Response): Promise<string> {
  const decoder = new TextDecoder();
  let text = "";
  try {
    for await (const chunk of response.body ?? []) {
      text += decoder.decode(chunk, { stream: true });
      if (text.length > ERROR_BODY_LIMIT) break;
    }
  } catch {
    // The status is already known; a body that breaks off only shortens the reason.
  }
  return text;
}

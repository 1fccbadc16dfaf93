import { CanfarError } from "@canfar/contract";
import { networkFailure, silentServer } from "../transport/failures.ts";

/** Error code of an issuer's answer (RFC 6749 5.2, RFC 8628 3.5); undefined where the error is of another kind. */
export function oauthErrorCode(error: unknown): string | undefined {
  for (let inner = error; inner instanceof Error; inner = inner.cause) {
    const { error: code } = inner as { error?: unknown };
    if (typeof code === "string") return code;
  }
  return undefined;
}

/** Turns what the OAuth library threw into an error that says what to do. Never quotes what was sent. */
export function issuerFailure(error: unknown, issuer: string, timeoutMs: number): CanfarError {
  if (error instanceof CanfarError) return error;
  const exchange = { server: issuer, url: new URL(issuer), method: "POST", attempts: 1 };
  if (error instanceof DOMException && error.name === "TimeoutError")
    return silentServer(exchange, timeoutMs);
  const code = oauthErrorCode(error);
  if (code !== undefined) return refusal(code, error, issuer);
  // `fetch` throws a TypeError with the network's reason as its cause; the library's own errors have a code.
  if (error instanceof TypeError && error.cause instanceof Error) return networkFailure(error, exchange);
  return new CanfarError("authentication.failed", {
    message: `The identity provider ${issuer} gave an answer that cannot be used: ${error instanceof Error ? error.message : "unknown"}`,
    hint: "Check that the address is that of a Science Platform of this version.",
    details: { issuer },
    cause: error,
  });
}

function refusal(code: string, error: unknown, issuer: string): CanfarError {
  const { error_description: description } = error as { error_description?: string };
  const reason = description ? `: ${description}` : ` (${code})`;
  const details = { issuer, reason: code };
  if (code === "invalid_grant") {
    return new CanfarError("authentication.denied", {
      message: `The identity provider ${issuer} refused the credentials${reason}`,
      hint: "Check the user name and the password, then try again.",
      details,
      cause: error,
    });
  }
  if (code === "access_denied") {
    return new CanfarError("authentication.denied", {
      message: `The login was refused in the browser${reason}`,
      hint: "Start again with `canfar login`.",
      details,
      cause: error,
    });
  }
  return new CanfarError("authentication.failed", {
    message: `The identity provider ${issuer} refused the request${reason}`,
    hint: "Start again with `canfar login`.",
    details,
    cause: error,
  });
}

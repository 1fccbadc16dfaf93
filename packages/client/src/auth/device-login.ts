import { CanfarError } from "@canfar/contract";
import { type Clock, wait } from "../clock.ts";
import type { OidcClient, TokenSet } from "./oidc-client.ts";

const DEFAULT_INTERVAL_S = 5;
const SLOW_DOWN_S = 5;

/** What the user needs to confirm the login in a browser, on any machine. */
export interface DeviceCode {
  readonly userCode: string;
  readonly verificationUri: string;
  /** The same with the code filled in. */
  readonly verificationUriComplete: string | undefined;
  readonly expiresInSeconds: number;
}

export interface DeviceLoginOptions {
  readonly clock: Clock;
  /** Shows the code; the wait begins when it is done. */
  readonly onCode: (code: DeviceCode) => void | Promise<void>;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Waits for the user to confirm in a browser (RFC 8628).
 *
 * @throws CanfarError `authentication.denied` when the user refused, `command.timed_out` when the code ran out
 */
export async function deviceLogin(
  client: OidcClient,
  { clock, onCode, signal }: DeviceLoginOptions,
): Promise<TokenSet> {
  const code = await client.requestDeviceCode();
  const end = clock.now().getTime() + code.expires_in * 1000;
  await onCode({
    userCode: code.user_code,
    verificationUri: code.verification_uri,
    verificationUriComplete: code.verification_uri_complete,
    expiresInSeconds: code.expires_in,
  });
  let interval = code.interval ?? DEFAULT_INTERVAL_S;
  for (;;) {
    await wait(clock, interval * 1000, signal);
    if (clock.now().getTime() >= end) throw codeExpired();
    try {
      return await client.deviceGrant(code.device_code);
    } catch (error) {
      interval = nextInterval(error, interval);
    }
  }
}

/** Seconds to the next question. @throws the error itself when another question is pointless */
function nextInterval(error: unknown, interval: number): number {
  if (!(error instanceof CanfarError)) throw error;
  switch (error.details.reason) {
    case "authorization_pending":
      return interval;
    case "slow_down":
      return interval + SLOW_DOWN_S;
    case "expired_token":
      throw codeExpired(error);
  }
  // RFC 8628 3.5: a connection that times out asks for an exponential back-off.
  if (error.code === "transport.timed_out" || error.code === "transport.failure") return interval * 2;
  throw error;
}

function codeExpired(cause?: unknown): CanfarError {
  return new CanfarError("command.timed_out", {
    message: "The login was not confirmed in the browser in time",
    hint: "Start again with `canfar login`.",
    cause,
  });
}

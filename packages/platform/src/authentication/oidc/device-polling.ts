import type { KoaContextWithOIDC } from "oidc-provider";
import type { Clock } from "../../clock.ts";
import { hashSecret } from "../secret.ts";

const SLOW_DOWN = {
  error: "slow_down",
  error_description: "you ask too often; wait 5 seconds longer each time from now on",
};
/** A timer of the client may fire a little early. */
const TOLERANCE_MS = 250;
/** Above this the oldest are forgotten; they only miss one slow_down. */
const MAX_DEVICES = 1000;

/**
 * Tells devices how often to ask, and the impatient to slow down (RFC 8628 sections 3.2 and 3.5), which oidc-provider
 * leaves to its user.
 */
export function devicePolling(options: { clock: Clock; intervalSeconds: number }) {
  const { clock, intervalSeconds } = options;
  const lastAsked = new Map<string, number>();
  const isTooSoon = (deviceCode: string): boolean => {
    const key = hashSecret(deviceCode);
    const now = clock.now().getTime();
    const last = lastAsked.get(key);
    lastAsked.delete(key);
    lastAsked.set(key, now);
    const [oldest] = lastAsked.keys();
    if (lastAsked.size > MAX_DEVICES && oldest !== undefined) lastAsked.delete(oldest);
    return last !== undefined && now - last < intervalSeconds * 1000 - TOLERANCE_MS;
  };
  return async (context: KoaContextWithOIDC, next: () => Promise<unknown>): Promise<void> => {
    await next();
    const body: unknown = context.body;
    if (context.method !== "POST" || !isObject(body)) return;
    if (context.path === "/device/auth" && "device_code" in body) body.interval = intervalSeconds;
    if (context.path === "/token" && body.error === "authorization_pending") {
      const deviceCode = context.oidc.params?.device_code;
      if (typeof deviceCode === "string" && isTooSoon(deviceCode)) context.body = SLOW_DOWN;
    }
  };
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Buffer.isBuffer(value);
}

import { createHmac } from "node:crypto";
import { request as requestHttp } from "node:http";
import { request as requestHttps } from "node:https";
import type { AllowedHosts } from "./allowed-hosts.ts";

/** How long a receiver may take. */
export const WEBHOOK_TIMEOUT_MS = 15_000;

export interface WebhookOptions {
  readonly url: string;
  readonly id: string;
  /** The JSON document, byte for byte the same at each repetition. */
  readonly body: string;
  /** Undefined: not signed. */
  readonly secret: string | undefined;
  /** Time of this attempt. */
  readonly now: Date;
  readonly hosts: AllowedHosts;
  readonly signal: AbortSignal;
}

/**
 * Sends one webhook as Standard Webhooks 1.0.0 has it: `webhook-id`, `webhook-timestamp`, and with a secret
 * `webhook-signature`. Redirects are not followed: they could lead where the platform does not send.
 *
 * @returns the HTTP status
 * @throws Error where no answer came
 */
export async function sendWebhook(options: WebhookOptions): Promise<number> {
  const { id, body, secret, now, hosts, signal } = options;
  const url = new URL(options.url);
  hosts.check(url);
  const timestamp = String(Math.floor(now.getTime() / 1000));
  const request = url.protocol === "https:" ? requestHttps : requestHttp;
  const headers = {
    "content-type": "application/json",
    "content-length": Buffer.byteLength(body),
    "user-agent": "canfar-platform",
    "webhook-id": id,
    "webhook-timestamp": timestamp,
    ...(secret === undefined ? {} : { "webhook-signature": signWebhook({ id, timestamp, body, secret }) }),
  };
  return await new Promise((resolve, reject) => {
    const sent = request(url, { method: "POST", headers, lookup: hosts.lookup, agent: false, signal });
    sent.once("error", reject);
    sent.once("response", (response) => {
      // What it says is nobody's business here; a long answer is cut off.
      response.destroy();
      resolve(response.statusCode ?? 0);
    });
    sent.end(body);
  });
}

/**
 * The value of `webhook-signature`: HMAC-SHA256 over id, time and body.
 *
 * @param options.secret with `whsec_` before it the rest is the key in Base64, as Standard Webhooks has it
 */
export function signWebhook(options: {
  id: string;
  timestamp: string;
  body: string;
  secret: string;
}): string {
  const { id, timestamp, body, secret } = options;
  const key = secret.startsWith("whsec_") ? Buffer.from(secret.slice(6), "base64") : Buffer.from(secret);
  return `v1,${createHmac("sha256", key).update(`${id}.${timestamp}.${body}`).digest("base64")}`;
}

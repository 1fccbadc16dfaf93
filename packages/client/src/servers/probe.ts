import { CanfarError } from "@canfar/contract";
import type { Clock } from "../clock.ts";
import { type Fetch, Transport } from "../transport/transport.ts";
import { NO_FEATURES, type PlatformFeatures } from "./features.ts";

export interface ProbeOptions {
  readonly fetch: Fetch;
  readonly clock: Clock;
  /** Longest time without any byte. */
  readonly timeoutMs: number;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Asks a server what it can do. No credential is sent.
 *
 * @param url base address without the version, e.g. `http://127.0.0.1:8088/skaha`
 * @throws CanfarError `server.unavailable`, `server.discovery_failed`, `transport.timed_out`
 */
export async function probeFeatures(url: string, options: ProbeOptions): Promise<PlatformFeatures> {
  const xml = await open(url, options).text({ method: "GET", path: "capabilities", signal: options.signal });
  // The XML parser loads only when a server is asked: most commands never do.
  const { parseCapabilities, platformFeatures } = await import("./capabilities.ts");
  return platformFeatures(parseCapabilities(xml));
}

/** Like `probeFeatures`; a server that answers, but not with VOSI capabilities, has no additions of ours. */
export async function probeAdditions(url: string, options: ProbeOptions): Promise<PlatformFeatures> {
  try {
    return await probeFeatures(url, options);
  } catch (error) {
    const answered = error instanceof CanfarError && typeof error.details.status === "number";
    if (answered || (error instanceof CanfarError && error.code === "server.discovery_failed"))
      return NO_FEATURES;
    throw error;
  }
}

/**
 * Whether a server says of itself that it works (VOSI availability).
 *
 * @throws CanfarError as `probeFeatures`
 */
export async function probeAvailability(url: string, options: ProbeOptions): Promise<boolean> {
  const xml = await open(url, options).text({ method: "GET", path: "availability", signal: options.signal });
  const { parseAvailability } = await import("./capabilities.ts");
  return parseAvailability(xml).available;
}

function open(url: string, { fetch, clock, timeoutMs }: ProbeOptions): Transport {
  const baseUrl = url.replace(/\/+$/, "");
  return new Transport({ server: baseUrl, baseUrl, credentials: null, fetch, clock, timeoutMs });
}

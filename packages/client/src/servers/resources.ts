import { CanfarError, type ServerContext, serverContextSchema } from "@canfar/contract";
import type { Clock } from "../clock.ts";
import type { ServerResources } from "../config/schema.ts";
import { runtimeToken } from "../transport/credentials.ts";
import { type Fetch, Transport } from "../transport/transport.ts";
import { apiUrl, type Server } from "./server.ts";

/**
 * What a server offers, as the configuration file keeps it. Undefined where the server does not say: a login is worth
 * saving without it.
 */
export async function readResources(
  server: Server,
  options: { token: string; fetch: Fetch; clock: Clock; timeoutMs: number },
): Promise<ServerResources | undefined> {
  const { token, ...rest } = options;
  const baseUrl = apiUrl(server);
  const transport = new Transport({
    server: server.name,
    baseUrl,
    credentials: runtimeToken(token),
    ...rest,
  });
  try {
    return savedResources(await transport.json({ method: "GET", path: "context" }, serverContextSchema));
  } catch (error) {
    if (error instanceof CanfarError) return undefined;
    throw error;
  }
}

/** Flexible is default to limit, fixed is the smallest to the largest option. */
function savedResources({ cores, memoryGB, gpus, maxInteractiveSessions }: ServerContext): ServerResources {
  return {
    flexible: {
      cores: { min: cores.defaultRequest, max: cores.defaultLimit },
      ram: { min: memoryGB.defaultRequest, max: memoryGB.defaultLimit },
    },
    fixed: { cores: span(cores.options), ram: span(memoryGB.options) },
    gpus: span(gpus.options) ?? { min: 0, max: 0 },
    sessions: maxInteractiveSessions,
  };
}

function span(options: readonly number[]): { min: number; max: number } | null {
  return options.length === 0 ? null : { min: Math.min(...options), max: Math.max(...options) };
}

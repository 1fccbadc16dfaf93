import type { DiscoveredServer, Servers } from "@canfar/client";
import { CanfarError } from "@canfar/contract";

/**
 * The server that a user names: an address, a saved Server Name or IVOA URI, or the name of one that runs here.
 *
 * @throws CanfarError `server.none_available`, `server.unavailable`, `server.discovery_failed`
 */
export async function findServerByName(servers: Servers, selector: string): Promise<DiscoveredServer> {
  if (/^https?:\/\//.test(selector)) return await servers.discoverAt(selector);
  const saved = (await servers.list()).find(({ name, uri }) => name === selector || uri === selector);
  if (saved !== undefined) return await servers.discoverAt(saved.url);
  const found = await servers.discover();
  const match = found.find(({ server }) => server.name === selector);
  if (match !== undefined) return match;
  throw new CanfarError("server.none_available", {
    message: `There is no server '${selector}'`,
    hint: `Servers that answer: ${found.map(({ server }) => server.name).join(", ")}. Or give an address: https://…`,
  });
}

import { CanfarError, SKAHA_VERSION } from "@canfar/contract";
import type { Configuration, ServerRecord } from "../config/schema.ts";

/** A Science Platform Server with its Server Name. */
export interface Server extends ServerRecord {
  readonly name: string;
}

/** Base address of the Skaha API, version included and without a trailing slash. */
export function apiUrl(server: Pick<Server, "url" | "version">): string {
  return `${server.url.replace(/\/+$/, "")}/${server.version ?? SKAHA_VERSION}`;
}

/**
 * The server behind an address such as CANFAR_URL, which has the version at its end.
 *
 * @throws CanfarError `config.invalid` for something that is no http address
 */
export function serverAt(address: string): Server {
  const url = URL.canParse(address) ? new URL(address) : null;
  if (url === null || (url.protocol !== "http:" && url.protocol !== "https:")) {
    throw new CanfarError("config.invalid", {
      message: `'${address}' is not the address of a server`,
      hint: "Give CANFAR_URL, or the option url, an address like https://host/skaha/v1.",
    });
  }
  const base = address.replace(/[?#].*$/, "").replace(/\/+$/, "");
  const [, url_, version] = /^(.*)\/(v\d+(?:\.\d+)*)$/.exec(base) ?? [null, base, SKAHA_VERSION];
  return { name: url.host, idp: "runtime", url: url_ ?? base, version: version ?? SKAHA_VERSION };
}

/** Saved servers in the order of the file. */
export function savedServers(configuration: Configuration): Server[] {
  return Object.entries(configuration.servers ?? {}).map(([name, record]) => ({ ...record, name }));
}

/**
 * Finds a saved server by its Server Name or IVOA URI.
 *
 * @throws CanfarError `server.none_available` naming the servers that there are
 */
export function findServer(configuration: Configuration, selector: string): Server {
  const servers = savedServers(configuration);
  const found = servers.find(({ name, uri }) => name === selector || uri === selector);
  if (found !== undefined) return found;
  throw new CanfarError("server.none_available", {
    message: `There is no saved server '${selector}'`,
    hint:
      servers.length === 0
        ? "Log in to one with `canfar login`."
        : `Saved servers: ${servers.map(({ name }) => name).join(", ")}.`,
    details: { selector, servers: servers.map(({ name }) => name) },
  });
}

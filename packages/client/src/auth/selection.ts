import { CanfarError } from "@canfar/contract";
import type { Configuration, OidcRecord } from "../config/schema.ts";
import { findServer, type Server } from "../servers/server.ts";

/** The configuration with a new login, active, and its server, active. */
export function withLogin(configuration: Configuration, record: OidcRecord, server: Server): Configuration {
  const saved = {
    ...configuration,
    authentication: { ...configuration.authentication, [server.idp]: record },
    servers: {
      ...configuration.servers,
      [server.name]: { ...configuration.servers?.[server.name], ...server },
    },
  };
  return activate(saved, server.idp, server.name);
}

/**
 * The configuration with another login active, with the server last used with it or its only one.
 *
 * @throws CanfarError `authentication.required` where there is no such login
 */
export function selectIdp(configuration: Configuration, idp: string): Configuration {
  if (configuration.authentication?.[idp] === undefined) {
    throw new CanfarError("authentication.required", {
      message: `There is no saved login '${idp}'`,
      hint: `Saved logins: ${Object.keys(configuration.authentication ?? {}).join(", ") || "none"}. Log in with \`canfar login\`.`,
    });
  }
  const own = Object.entries(configuration.servers ?? {}).filter(([, server]) => server.idp === idp);
  const server = configuration.active?.servers?.[idp] ?? own[0]?.[0];
  return activate(configuration, idp, server);
}

/**
 * The configuration with another saved server active, and the login that belongs to it.
 *
 * @throws CanfarError `server.none_available`, `authentication.required`
 */
export function selectServer(configuration: Configuration, selector: string): Configuration {
  const server = findServer(configuration, selector);
  selectIdp(configuration, server.idp);
  return activate(configuration, server.idp, server.name);
}

/** The configuration without a login and the servers that belong to it; another login becomes active, if any. */
export function withoutLogin(configuration: Configuration, idp: string): Configuration {
  const { active, ...rest } = configuration;
  const authentication = omit(configuration.authentication, ([key]) => key === idp);
  const servers = omit(configuration.servers, ([, server]) => server.idp === idp);
  const remaining: Configuration = { ...rest, authentication, servers };
  const remembered = omit(active?.servers, ([key]) => key === idp);
  if (active?.authentication !== idp) return { ...remaining, active: { ...active, servers: remembered } };
  const [next] = Object.keys(authentication);
  return next === undefined ? remaining : selectIdp({ ...remaining, active: { servers: remembered } }, next);
}

function activate(configuration: Configuration, idp: string, server: string | undefined): Configuration {
  const remembered = { ...configuration.active?.servers, ...(server === undefined ? {} : { [idp]: server }) };
  return { ...configuration, active: { authentication: idp, server, servers: remembered } };
}

function omit<V>(
  entries: Readonly<Record<string, V>> | null | undefined,
  unwanted: (entry: [string, V]) => boolean,
): Record<string, V> {
  return Object.fromEntries(Object.entries(entries ?? {}).filter((entry) => !unwanted(entry)));
}

import { CanfarError } from "@canfar/contract";
import { oidcRecord, SavedLogin } from "./auth/saved-login.ts";
import { type Clock, systemClock } from "./clock.ts";
import { ConfigurationFile } from "./config/configuration-file.ts";
import { type EnvironmentSettings, environmentSettings } from "./config/environment.ts";
import type { Configuration } from "./config/schema.ts";
import { Connection } from "./connection.ts";
import { findServer, type Server, serverAt } from "./servers/server.ts";
import { type Credentials, runtimeToken } from "./transport/credentials.ts";
import type { Fetch } from "./transport/transport.ts";

const TIMEOUT_S = 30;
const CONCURRENCY = 32;

export interface ClientOptions {
  /** Server Name or IVOA URI of a saved server; default: the active one. */
  readonly server?: string | undefined;
  /** Default: `~/.canfar/config.yaml`. */
  readonly configPath?: string | undefined;
  /** Bearer token to use in place of the saved login. */
  readonly token?: string | undefined;
  /** Base address with the version, e.g. `https://host/skaha/v1`, in place of a saved server. */
  readonly url?: string | undefined;
  readonly fetch?: Fetch | undefined;
  readonly clock?: Clock | undefined;
  /** Longest time without any byte; default 30 s. */
  readonly timeoutSeconds?: number | undefined;
  /** Requests at the same time; default 32. */
  readonly concurrency?: number | undefined;
  /** Default: `process.env`. */
  readonly environment?: Readonly<Record<string, string | undefined>> | undefined;
}

/**
 * Opens a client with the login that `canfar login` saved. No request is made yet.
 *
 * Options beat environment variables, which beat the configuration file: `token` over `CANFAR_TOKEN`, `url` over
 * `server` over `CANFAR_URL` over `CANFAR_ACTIVE__SERVER`. A token needs an address, its own or a saved server's; an
 * address alone is used with the saved login.
 *
 * @throws CanfarError `authentication.required` without a login, `config.invalid`, `server.none_available`
 */
export async function openConnection(options: ClientOptions = {}): Promise<Connection> {
  const environment = environmentSettings(options.environment);
  const clock = options.clock ?? systemClock;
  const fetch = options.fetch ?? globalThis.fetch;
  const timeoutMs = (options.timeoutSeconds ?? environment.timeoutSeconds ?? TIMEOUT_S) * 1000;
  const configuration = new ConfigurationFile({ path: options.configPath, clock });
  const choice = {
    ...environment,
    ...defined({ token: options.token, url: options.url, server: options.server }),
  };
  const address = options.url ?? (options.server === undefined ? environment.url : undefined);
  // With both given, nothing in the file matters: a broken one must not stop a job that brings its own token.
  const saved = address && choice.token ? undefined : await configuration.read();
  const server = address ? serverAt(address) : chooseServer(saved ?? { version: 2 }, choice);
  const credentials = choose(choice, server, saved, { configuration, fetch, clock, timeoutMs });
  return new Connection({
    server,
    credentials,
    fetch,
    clock,
    timeoutMs,
    concurrency: options.concurrency ?? environment.concurrency ?? CONCURRENCY,
  });
}

function choose(
  choice: EnvironmentSettings,
  server: Server,
  saved: Configuration | undefined,
  shared: { configuration: ConfigurationFile; fetch: Fetch; clock: Clock; timeoutMs: number },
): Credentials {
  if (choice.token) return runtimeToken(choice.token);
  const configuration = saved ?? { version: 2 };
  const owner = configuration.servers?.[server.name]?.idp;
  const idp = choice.idp ?? owner ?? configuration.active?.authentication;
  if (!idp) throw notLoggedIn();
  return new SavedLogin({ ...shared, idp }, oidcRecord(configuration, idp));
}

function chooseServer(configuration: Configuration, { server, idp, token }: EnvironmentSettings): Server {
  const { active } = configuration;
  const name = server ?? (idp === undefined ? active?.server : active?.servers?.[idp]);
  if (name) return findServer(configuration, name);
  if (token) {
    throw new CanfarError("config.invalid", {
      message: "There is a token, but no address of a server to use it with",
      hint: "Set CANFAR_URL, or give the option url, such as https://host/skaha/v1.",
    });
  }
  if (!active?.authentication && idp === undefined) throw notLoggedIn();
  throw new CanfarError("server.none_available", {
    message: "No server is chosen",
    hint: "Choose one with `canfar server use NAME`; `canfar server ls` lists them.",
  });
}

function notLoggedIn(): CanfarError {
  return new CanfarError("authentication.required", {
    message: "Not logged in",
    hint: "Log in with `canfar login`.",
  });
}

/** Without the keys whose value is undefined, which would otherwise hide the environment's. */
function defined(
  settings: { [K in keyof EnvironmentSettings]: EnvironmentSettings[K] | undefined },
): EnvironmentSettings {
  return Object.fromEntries(Object.entries(settings).filter(([, value]) => value !== undefined));
}

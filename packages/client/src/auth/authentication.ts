import { CanfarError } from "@canfar/contract";
import { type Clock, systemClock } from "../clock.ts";
import { ConfigurationFile } from "../config/configuration-file.ts";
import type { Configuration } from "../config/schema.ts";
import type { DiscoveredServer } from "../servers/discover.ts";
import { readResources } from "../servers/resources.ts";
import type { Server } from "../servers/server.ts";
import type { Fetch } from "../transport/transport.ts";
import { type DeviceCode, deviceLogin } from "./device-login.ts";
import { OidcClient, type TokenSet } from "./oidc-client.ts";
import { newRecord, recordIssuer } from "./record.ts";
import { selectIdp, withLogin, withoutLogin } from "./selection.ts";

const TIMEOUT_MS = 30_000;

export interface AuthenticationOptions {
  readonly configuration?: ConfigurationFile | undefined;
  readonly fetch?: Fetch | undefined;
  readonly clock?: Clock | undefined;
  readonly timeoutMs?: number | undefined;
  /** Send credentials over plain http to another machine. */
  readonly allowInsecureHttp?: boolean | undefined;
}

/** A saved login, without its secrets. */
export interface Login {
  readonly idp: string;
  readonly mode: "oidc" | "x509";
  readonly active: boolean;
  /** Server Name of the server last used with it. */
  readonly server: string | undefined;
  /** When the access credential ends; a token with a refresh token is then renewed by itself. */
  readonly expiresAt: Date | undefined;
  readonly renewable: boolean;
}

export interface LogoutResult {
  readonly idp: string;
  /** Whether the issuer has made the tokens worthless; false where it could not be asked. */
  readonly revoked: boolean;
}

/** Logins: making, listing, choosing and ending them. */
export class Authentication {
  readonly configuration: ConfigurationFile;
  readonly #fetch: Fetch;
  readonly #clock: Clock;
  readonly #timeoutMs: number;
  readonly #allowInsecureHttp: boolean;

  constructor(options: AuthenticationOptions = {}) {
    this.#clock = options.clock ?? systemClock;
    this.configuration = options.configuration ?? new ConfigurationFile({ clock: this.#clock });
    this.#fetch = options.fetch ?? globalThis.fetch;
    this.#timeoutMs = options.timeoutMs ?? TIMEOUT_MS;
    this.#allowInsecureHttp = options.allowInsecureHttp ?? false;
  }

  /**
   * Logs in at a platform's own identity provider with user name and password, saves the login and makes it and the
   * server the active ones.
   *
   * @throws CanfarError `authentication.denied` when they are wrong, `authentication.failed`, `server.unavailable`
   */
  async loginWithPassword(
    found: DiscoveredServer,
    credentials: { readonly username: string; readonly password: string },
  ): Promise<Login> {
    const client = await this.#issuerOf(found);
    const tokens = await client.passwordGrant(credentials.username, credentials.password);
    return await this.#save(found.server, client, tokens);
  }

  /**
   * The same with a browser (RFC 8628), for accounts without a password and for machines of others.
   *
   * @param options.onCode shows address and code to the user
   * @throws CanfarError `authentication.denied` when refused in the browser, `command.timed_out`
   */
  async loginWithDevice(
    found: DiscoveredServer,
    options: { readonly onCode: (code: DeviceCode) => void | Promise<void>; readonly signal?: AbortSignal },
  ): Promise<Login> {
    const client = await this.#issuerOf(found);
    const tokens = await deviceLogin(client, { clock: this.#clock, ...options });
    return await this.#save(found.server, client, tokens);
  }

  /** Saved logins in the order of the file. */
  async list(): Promise<Login[]> {
    return listLogins(await this.configuration.read());
  }

  /** Makes another saved login the active one, with the server last used with it. */
  async use(idp: string): Promise<Login> {
    return findLogin(await this.configuration.update((now) => selectIdp(now, idp)), idp);
  }

  /**
   * Ends a login: the tokens are revoked where the issuer can be asked, and forgotten in any case, with the servers
   * that belong to it.
   *
   * @param idp default: the active one
   * @throws CanfarError `authentication.required` when there is no such login
   */
  async logout(idp?: string): Promise<LogoutResult> {
    const now = await this.configuration.read();
    const key = idp ?? now.active?.authentication;
    if (!key) throw notLoggedIn("any server");
    findLogin(now, key);
    const revoked = await this.#revoke(now, key);
    await this.configuration.update((latest) => withoutLogin(latest, key));
    return { idp: key, revoked };
  }

  async #issuerOf({ server, features }: DiscoveredServer): Promise<OidcClient> {
    if (features.issuer === null) {
      throw new CanfarError("authentication.failed", {
        message: `The server '${server.name}' at ${server.url} has no identity provider of its own`,
        hint: "Use a token: set CANFAR_TOKEN and CANFAR_URL.",
        details: { server: server.name },
      });
    }
    return await OidcClient.discover(features.issuer, this.#oidcOptions());
  }

  #oidcOptions() {
    return {
      fetch: this.#fetch,
      clock: this.#clock,
      timeoutMs: this.#timeoutMs,
      allowInsecureHttp: this.#allowInsecureHttp,
    };
  }

  async #save(server: Server, client: OidcClient, tokens: TokenSet): Promise<Login> {
    const resources = await readResources(server, {
      token: tokens.access,
      fetch: this.#fetch,
      clock: this.#clock,
      timeoutMs: this.#timeoutMs,
    });
    const record = newRecord(server.idp, client, tokens);
    const after = await this.configuration.update((now) => withLogin(now, record, { ...server, resources }));
    return findLogin(after, server.idp);
  }

  /** False where the issuer cannot be reached or knows no revocation: then the tokens end by themselves. */
  async #revoke(configuration: Configuration, idp: string): Promise<boolean> {
    const record = configuration.authentication?.[idp];
    if (record?.mode !== "oidc") return false;
    const issuer = recordIssuer(record);
    const token = record.token?.refresh ?? record.token?.access;
    if (!issuer || !token) return false;
    const own = { id: record.client?.identity ?? "", secret: record.client?.secret ?? undefined };
    try {
      const client = await OidcClient.discover(issuer, {
        ...this.#oidcOptions(),
        client: own,
        allowInsecureHttp: true,
      });
      await client.revoke(token);
      return true;
    } catch (error) {
      if (error instanceof CanfarError) return false;
      throw error;
    }
  }
}

function listLogins(configuration: Configuration): Login[] {
  return Object.entries(configuration.authentication ?? {}).map(([idp, record]) => {
    const active = configuration.active?.authentication === idp;
    const seconds = record.mode === "oidc" ? record.expiry?.access : record.expiry;
    return {
      idp,
      mode: record.mode,
      active,
      server: (active ? configuration.active?.server : configuration.active?.servers?.[idp]) ?? undefined,
      expiresAt: seconds ? new Date(seconds * 1000) : undefined,
      renewable: record.mode === "oidc" && Boolean(record.token?.refresh),
    };
  });
}

function findLogin(configuration: Configuration, idp: string): Login {
  const login = listLogins(configuration).find((one) => one.idp === idp);
  if (login === undefined) throw notLoggedIn(`'${idp}'`);
  return login;
}

function notLoggedIn(what: string): CanfarError {
  return new CanfarError("authentication.required", {
    message: `Not logged in with ${what}`,
    hint: "See the saved logins with `canfar auth ls`, or log in with `canfar login`.",
  });
}

import { CanfarError } from "@canfar/contract";
import type { AuthorizationServer, Client, ClientAuth, DeviceAuthorizationResponse } from "oauth4webapi";
import type { Clock } from "../clock.ts";
import { isLoopback } from "../servers/loopback.ts";
import type { Fetch } from "../transport/transport.ts";
import { issuerFailure } from "./issuer-failure.ts";

/** The public client that the command is to every platform of ours. */
export const CLIENT_ID = "canfar-cli";
export const SCOPE = "openid profile email offline_access";

/** What a token endpoint gave. */
export interface TokenSet {
  readonly access: string;
  readonly refresh: string | undefined;
  readonly scope: string | undefined;
  /** Seconds since 1970; undefined where the issuer did not say. */
  readonly expiresAt: number | undefined;
}

export interface OidcClientOptions {
  readonly fetch: Fetch;
  readonly clock: Clock;
  readonly timeoutMs: number;
  /** Absent: the public client of ours. */
  readonly client?: { readonly id: string; readonly secret?: string | undefined };
  /** Send credentials over plain http to another machine. */
  readonly allowInsecureHttp?: boolean | undefined;
}

type Library = typeof import("oauth4webapi");
type Parameters = Readonly<Record<string, string>>;

/** An OpenID Connect issuer and who we are to it. */
export class OidcClient {
  readonly issuer: AuthorizationServer;
  readonly #library: Library;
  readonly #options: OidcClientOptions;
  readonly #client: Client;
  readonly #authentication: ClientAuth;

  private constructor(library: Library, issuer: AuthorizationServer, options: OidcClientOptions) {
    this.issuer = issuer;
    this.#library = library;
    this.#options = options;
    this.#client = { client_id: options.client?.id ?? CLIENT_ID };
    const secret = options.client?.secret;
    this.#authentication = secret ? library.ClientSecretBasic(secret) : library.None();
  }

  /**
   * Reads the issuer's metadata (OpenID Connect Discovery 1.0). The library loads only here: no command that
   * merely uses a token needs it.
   *
   * @throws CanfarError `authentication.failed`, `server.unavailable`
   */
  static async discover(issuer: string, options: OidcClientOptions): Promise<OidcClient> {
    const library = await import("oauth4webapi");
    const url = new URL(issuer);
    refusePlainHttp(url, options);
    const open = new OidcClient(library, { issuer }, options);
    const metadata = await open.#calling(async () => {
      const response = await library.discoveryRequest(url, { algorithm: "oidc", ...open.#request() });
      return await library.processDiscoveryResponse(url, response);
    });
    return new OidcClient(library, metadata, options);
  }

  /** An issuer whose token endpoint is known from an earlier discovery. */
  static async known(metadata: AuthorizationServer, options: OidcClientOptions): Promise<OidcClient> {
    const library = await import("oauth4webapi");
    refusePlainHttp(new URL(metadata.token_endpoint ?? metadata.issuer), options);
    return new OidcClient(library, metadata, options);
  }

  /**
   * Our platforms' own grant for a terminal: user name and password for tokens.
   *
   * @throws CanfarError `authentication.denied` when they are wrong
   */
  async passwordGrant(username: string, password: string): Promise<TokenSet> {
    return await this.#token("password", { username, password, scope: SCOPE });
  }

  /** RFC 6749 section 6. @throws CanfarError `authentication.expired` when the refresh token is no longer good */
  async refreshGrant(refreshToken: string): Promise<TokenSet> {
    return await this.#token("refresh_token", { refresh_token: refreshToken });
  }

  /** One question whether the user has confirmed (RFC 8628 3.4). */
  async deviceGrant(deviceCode: string): Promise<TokenSet> {
    return await this.#token("urn:ietf:params:oauth:grant-type:device_code", { device_code: deviceCode });
  }

  /** Starts the device flow (RFC 8628 3.1). */
  async requestDeviceCode(): Promise<DeviceAuthorizationResponse> {
    const { deviceAuthorizationRequest, processDeviceAuthorizationResponse } = this.#library;
    return await this.#calling(async () => {
      const response = await deviceAuthorizationRequest(
        this.issuer,
        this.#client,
        this.#authentication,
        { scope: SCOPE },
        this.#request(),
      );
      return await processDeviceAuthorizationResponse(this.issuer, this.#client, response);
    });
  }

  /** Makes a token worthless (RFC 7009). */
  async revoke(token: string): Promise<void> {
    await this.#calling(async () => {
      const response = await this.#library.revocationRequest(
        this.issuer,
        this.#client,
        this.#authentication,
        token,
        this.#request(),
      );
      await this.#library.processRevocationResponse(response);
    });
  }

  async #token(grant: string, parameters: Parameters): Promise<TokenSet> {
    const { genericTokenEndpointRequest, processGenericTokenEndpointResponse } = this.#library;
    const answer = await this.#calling(async () => {
      const response = await genericTokenEndpointRequest(
        this.issuer,
        this.#client,
        this.#authentication,
        grant,
        parameters,
        this.#request(),
      );
      return await processGenericTokenEndpointResponse(this.issuer, this.#client, response);
    });
    const now = this.#options.clock.now().getTime() / 1000;
    return {
      access: answer.access_token,
      refresh: answer.refresh_token,
      scope: answer.scope,
      expiresAt: answer.expires_in === undefined ? undefined : Math.floor(now + answer.expires_in),
    };
  }

  async #calling<T>(action: () => Promise<T>): Promise<T> {
    try {
      return await action();
    } catch (error) {
      throw issuerFailure(error, this.issuer.issuer, this.#options.timeoutMs);
    }
  }

  #request() {
    const { allowInsecureRequests, customFetch } = this.#library;
    return {
      [customFetch]: this.#options.fetch,
      // `refusePlainHttp` has already said where plain http is fine.
      [allowInsecureRequests]: true,
      signal: () => AbortSignal.timeout(this.#options.timeoutMs),
    };
  }
}

function refusePlainHttp(url: URL, { allowInsecureHttp }: OidcClientOptions): void {
  if (url.protocol === "https:" || isLoopback(url) || allowInsecureHttp) return;
  throw new CanfarError("authentication.failed", {
    message: `A login at ${url.origin} would send the password over the network without encryption`,
    hint: "Use the server's https address, or allow plain http explicitly.",
  });
}

import { CanfarError } from "@canfar/contract";
import type { Clock } from "../clock.ts";
import type { ConfigurationFile } from "../config/configuration-file.ts";
import type { Configuration, OidcRecord } from "../config/schema.ts";
import type { Credentials } from "../transport/credentials.ts";
import type { Fetch } from "../transport/transport.ts";
import { OidcClient } from "./oidc-client.ts";
import { recordIssuer, withTokens } from "./record.ts";

/** A token is renewed this long before it ends: the request still has to travel. */
const LEEWAY_S = 10;

export interface SavedLoginOptions {
  readonly configuration: ConfigurationFile;
  readonly idp: string;
  readonly fetch: Fetch;
  readonly clock: Clock;
  readonly timeoutMs: number;
}

/**
 * The login that `canfar login` saved. An expired access token is renewed, once for all processes that share the
 * file: whoever gets the lock first renews, the others find the new token.
 */
export class SavedLogin implements Credentials {
  readonly type = "OIDC";
  readonly #options: SavedLoginOptions;
  #record: OidcRecord | undefined;
  #renewing: Promise<OidcRecord> | undefined;

  constructor(options: SavedLoginOptions, record?: OidcRecord) {
    this.#options = options;
    this.#record = record;
  }

  async token(): Promise<string> {
    this.#record ??= oidcRecord(await this.#options.configuration.read(), this.#options.idp);
    if (!this.#isFresh(this.#record)) this.#record = await this.#renewed(this.#record);
    return this.#record.token?.access ?? "";
  }

  async renew(refused: string): Promise<boolean> {
    // Another request of this process was refused earlier and has got a new token meanwhile.
    if (this.#record?.token?.access !== refused) return true;
    if (!this.#record.token.refresh) return false;
    this.#record = await this.#renewed(this.#record);
    return true;
  }

  #isFresh(record: OidcRecord): boolean {
    const end = record.expiry?.access;
    if (!record.token?.access) return false;
    return !end || end - LEEWAY_S > this.#options.clock.now().getTime() / 1000;
  }

  /** One renewal for all requests of this process. */
  async #renewed(old: OidcRecord): Promise<OidcRecord> {
    this.#renewing ??= this.#renewInFile(old).finally(() => {
      this.#renewing = undefined;
    });
    return await this.#renewing;
  }

  async #renewInFile(old: OidcRecord): Promise<OidcRecord> {
    const { configuration, idp } = this.#options;
    const after = await configuration.update(async (now) => {
      const record = oidcRecord(now, idp);
      if (record.token?.access !== old.token?.access && this.#isFresh(record)) return now;
      const renewed = withTokens(record, await this.#refresh(record));
      return { ...now, authentication: { ...now.authentication, [idp]: renewed } };
    });
    return oidcRecord(after, idp);
  }

  async #refresh(record: OidcRecord) {
    const { idp, fetch, clock, timeoutMs } = this.#options;
    const issuer = recordIssuer(record);
    const token_endpoint = record.endpoints?.token;
    const refresh = record.token?.refresh;
    if (!issuer || !token_endpoint || !refresh) throw loginEnded(idp);
    const client = { id: record.client?.identity ?? "", secret: record.client?.secret ?? undefined };
    // A record that was saved over plain http was allowed then; see OidcClient.
    const options = { fetch, clock, timeoutMs, client, allowInsecureHttp: true };
    try {
      return await (await OidcClient.known({ issuer, token_endpoint }, options)).refreshGrant(refresh);
    } catch (error) {
      const reason = error instanceof CanfarError ? error.details.reason : undefined;
      throw reason === "invalid_grant" || reason === "invalid_client" ? loginEnded(idp, error) : error;
    }
  }
}

/**
 * The OIDC record of an IDP.
 *
 * @throws CanfarError `authentication.required` where there is none, `request.unsupported` for a certificate
 */
export function oidcRecord(configuration: Configuration, idp: string): OidcRecord {
  const record = configuration.authentication?.[idp];
  if (record === undefined) {
    throw new CanfarError("authentication.required", {
      message: `Not logged in with '${idp}'`,
      hint: "Log in with `canfar login`.",
      details: { idp },
    });
  }
  if (record.mode !== "oidc") {
    throw new CanfarError("request.unsupported", {
      message: `The login with '${idp}' is an X.509 certificate, which this version cannot present`,
      hint: "Choose a login with a token: `canfar auth ls`, `canfar auth use IDP`.",
      details: { idp },
    });
  }
  return record;
}

function loginEnded(idp: string, cause?: unknown): CanfarError {
  return new CanfarError("authentication.expired", {
    message: `The login with '${idp}' has expired`,
    hint: "Log in again with `canfar login`.",
    details: { idp },
    cause,
  });
}

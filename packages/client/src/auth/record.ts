import type { OidcRecord } from "../config/schema.ts";
import { CLIENT_ID, type OidcClient, type TokenSet } from "./oidc-client.ts";

const WELL_KNOWN = "/.well-known/openid-configuration";

/** The Authentication Record of a login at a platform's own identity provider. */
export function newRecord(idp: string, client: OidcClient, tokens: TokenSet): OidcRecord {
  const { issuer, device_authorization_endpoint, token_endpoint } = client.issuer;
  return withTokens(
    {
      idp,
      mode: "oidc",
      endpoints: {
        discovery: `${issuer.replace(/\/$/, "")}${WELL_KNOWN}`,
        device: device_authorization_endpoint,
        token: token_endpoint,
      },
      // A public client has no secret; the PyPI client accepts a record without one, but cannot refresh it.
      client: { identity: CLIENT_ID },
    },
    tokens,
  );
}

/** The record after a refresh. An issuer that sends no new refresh token means: keep the old one. */
export function withTokens(record: OidcRecord, tokens: TokenSet): OidcRecord {
  return {
    ...record,
    token: {
      ...record.token,
      access: tokens.access,
      refresh: tokens.refresh ?? record.token?.refresh,
      token_type: "Bearer",
      scope: tokens.scope ?? record.token?.scope,
    },
    expiry: { ...record.expiry, access: tokens.expiresAt },
  };
}

/** Issuer of a record, from where its metadata lie. */
export function recordIssuer(record: OidcRecord): string | undefined {
  const { discovery } = record.endpoints ?? {};
  return discovery?.endsWith(WELL_KNOWN) ? discovery.slice(0, -WELL_KNOWN.length) : undefined;
}

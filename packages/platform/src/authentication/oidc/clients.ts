import type { ClientMetadata } from "oidc-provider";

/** The `canfar` command. Public: a program on everybody's disk can keep no secret. */
export const COMMAND_CLIENT_ID = "canfar-cli";

export const DEVICE_CODE_GRANT = "urn:ietf:params:oauth:grant-type:device_code";
export const PASSWORD_GRANT = "password";

/** Everything that a client may ask for. */
export const SCOPES = ["openid", "profile", "email", "offline_access"];

/** The platform's own clients; they are trusted, so nobody is asked for consent. */
export const FIRST_PARTY_CLIENTS: readonly ClientMetadata[] = [
  {
    client_id: COMMAND_CLIENT_ID,
    client_name: "the canfar command",
    token_endpoint_auth_method: "none",
    grant_types: [DEVICE_CODE_GRANT, "refresh_token", PASSWORD_GRANT],
    response_types: [],
    redirect_uris: [],
    scope: SCOPES.join(" "),
  },
];

export function isFirstParty(clientId: string | undefined): boolean {
  return FIRST_PARTY_CLIENTS.some((client) => client.client_id === clientId);
}

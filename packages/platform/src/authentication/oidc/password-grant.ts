import { errors, type Provider, type TokenEndpointGrantContext } from "oidc-provider";
import type { LoginResult, PasswordLogin } from "../accounts/password-login.ts";
import { isFirstParty, PASSWORD_GRANT, SCOPES } from "./clients.ts";

interface PasswordParameters {
  username?: string;
  password?: string;
}

/**
 * The password grant of RFC 6749 section 4.3, for the platform's own command only: a prompt in the terminal is what
 * people on a machine without a browser can use. OAuth 2.1 drops it for clients of others, which never get it here.
 */
export function registerPasswordGrant(provider: Provider, passwordLogin: PasswordLogin): void {
  const handler = async (context: TokenEndpointGrantContext<PasswordParameters>): Promise<void> => {
    const { client, params } = context.oidc;
    if (!isFirstParty(client.clientId)) {
      throw new errors.UnauthorizedClient("only the platform's own clients may send passwords");
    }
    const { username, password } = params;
    if (!username || !password) throw new errors.InvalidRequest("username and password are required");
    const scope = grantedScope(params.scope);
    const result = await passwordLogin.attempt(username, password);
    if (result.kind !== "user") throw refusal(context, result);
    context.body = await issueTokens(provider, context, result.user.username, scope);
  };
  provider.registerGrantType(PASSWORD_GRANT, handler, ["username", "password", "scope"]);
}

function grantedScope(asked: string | undefined): string {
  const scopes = (asked ?? SCOPES.join(" ")).split(" ").filter((scope) => scope !== "");
  const unknown = scopes.find((scope) => !SCOPES.includes(scope));
  if (unknown !== undefined) throw new errors.InvalidScope("there is no such scope", unknown);
  return scopes.join(" ");
}

/** RFC 6749 section 5.2, with status 429 (RFC 6585) where waiting helps. */
function refusal(
  context: TokenEndpointGrantContext<PasswordParameters>,
  result: Exclude<LoginResult, { kind: "user" }>,
): Error {
  const error = new errors.CustomOIDCProviderError("invalid_grant", result.message);
  if (result.kind === "wait") {
    context.set("Retry-After", String(result.seconds));
    error.status = 429;
    error.statusCode = 429;
  }
  return error;
}

async function issueTokens(
  provider: Provider,
  context: TokenEndpointGrantContext<PasswordParameters>,
  accountId: string,
  scope: string,
): Promise<Record<string, unknown>> {
  const { client } = context.oidc;
  const grant = new provider.Grant({ accountId, clientId: client.clientId });
  grant.addOIDCScope(scope);
  const grantId = await grant.save();
  const source = { accountId, client, grantId, gty: PASSWORD_GRANT, scope, expiresWithSession: false };
  const accessToken = new provider.AccessToken(source);
  const answer = {
    access_token: await accessToken.save(),
    token_type: "Bearer",
    expires_in: accessToken.expiration,
    scope,
  };
  if (!scope.split(" ").includes("offline_access")) return answer;
  return { ...answer, refresh_token: await new provider.RefreshToken(source).save() };
}

import { type Answer, type HttpServer, sendJson, startHttpServer } from "./http-server.ts";

export interface IssuerBehaviour {
  /** Answers to the device flow's questions, one after the other: error codes, or `ok`. */
  readonly deviceAnswers?: string[];
  /** How long the device code is good. */
  readonly deviceExpiresIn?: number;
}

/** A small OpenID Connect issuer and Skaha server in one, with rotating refresh tokens that work once. */
export interface Issuer extends HttpServer {
  readonly issuer: string;
  /** Makes the current access token worthless, as time would. */
  expireAccess(): void;
  /** Makes the current refresh token worthless. */
  expireRefresh(): void;
  readonly refreshes: number;
  readonly revoked: string[];
}

export const USERNAME = "ada";
export const PASSWORD = "correct horse";

export async function startIssuer(behaviour: IssuerBehaviour = {}): Promise<Issuer> {
  const state = { serial: 1, refreshes: 0, revoked: [] as string[], access: "", refresh: "" };
  const deviceAnswers = [...(behaviour.deviceAnswers ?? [])];
  const issueTokens = () => {
    state.serial += 1;
    state.access = `access-${state.serial}`;
    state.refresh = `refresh-${state.serial}`;
    return {
      access_token: state.access,
      refresh_token: state.refresh,
      token_type: "Bearer",
      expires_in: 3600,
      scope: "openid",
    };
  };
  const grants: Record<string, (form: URLSearchParams) => Record<string, unknown>> = {
    password: (form) =>
      form.get("username") === USERNAME && form.get("password") === PASSWORD
        ? issueTokens()
        : { error: "invalid_grant", error_description: "wrong user name or password" },
    refresh_token: (form) => {
      if (form.get("refresh_token") !== state.refresh) return { error: "invalid_grant" };
      state.refreshes += 1;
      return issueTokens();
    },
    "urn:ietf:params:oauth:grant-type:device_code": () => {
      const answer = deviceAnswers.shift() ?? "authorization_pending";
      return answer === "ok" ? issueTokens() : { error: answer };
    },
  };
  const answer: Answer = ({ path, form, headers }, response) => {
    switch (path) {
      case "/oidc/.well-known/openid-configuration":
        return sendJson(response, metadata(issuer));
      case "/oidc/token": {
        const body = grants[form.get("grant_type") ?? ""]?.(form) ?? { error: "unsupported_grant_type" };
        return sendJson(response, body, "error" in body ? 400 : 200);
      }
      case "/oidc/device":
        return sendJson(response, {
          device_code: "device-1",
          user_code: "ABCD-EFGH",
          verification_uri: `${issuer}/confirm`,
          verification_uri_complete: `${issuer}/confirm?user_code=ABCD-EFGH`,
          expires_in: behaviour.deviceExpiresIn ?? 600,
          interval: 1,
        });
      case "/oidc/revoke":
        state.revoked.push(form.get("token") ?? "");
        response.writeHead(200).end();
        return;
      case "/skaha/capabilities":
        response.writeHead(200, { "content-type": "text/xml" }).end(capabilities(server.origin));
        return;
      case "/skaha/v1/session":
        if (headers.authorization === `Bearer ${state.access}`) return sendJson(response, []);
        response.writeHead(401, { "x-canfar-code": "authentication.expired" }).end("Token expired\n");
        return;
      default:
        response.writeHead(404).end("not found\n");
    }
  };
  const server = await startHttpServer(answer);
  const issuer = `${server.origin}/oidc`;
  return {
    ...server,
    issuer,
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
    expireAccess: () => {
      state.access = "none";
    },
    expireRefresh: () => {
      state.refresh = "none";
    },
    get refreshes() {
      return state.refreshes;
    },
    revoked: state.revoked,
  };
}

function metadata(issuer: string): Record<string, unknown> {
  return {
    issuer,
    token_endpoint: `${issuer}/token`,
    device_authorization_endpoint: `${issuer}/device`,
    revocation_endpoint: `${issuer}/revoke`,
    authorization_endpoint: `${issuer}/auth`,
    jwks_uri: `${issuer}/jwks`,
  };
}

/** What a platform of ours says of itself. */
export function capabilities(origin: string): string {
  const token = '<securityMethod standardID="ivo://ivoa.net/sso#token"/>';
  const entry = (id: string, path: string) =>
    `<capability standardID="${id}"><interface xsi:type="vs:ParamHTTP"><accessURL use="base">${origin}${path}</accessURL>${token}</interface></capability>`;
  return `<?xml version="1.0" encoding="UTF-8"?>
<vosi:capabilities xmlns:vosi="http://www.ivoa.net/xml/VOSICapabilities/v1.0" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">
${entry("http://www.opencadc.org/std/platform#session-1", "/skaha/v1/session")}
${entry("https://canfar.net/std/platform#groups-1", "/canfar/v1/group")}
${entry("https://canfar.net/std/platform#logs-1", "/skaha/v1/session")}
${entry("https://canfar.net/std/platform#ticket-1", "/canfar/v1/session")}
${entry("https://canfar.net/std/platform#identity-1", "/oidc")}
</vosi:capabilities>`;
}

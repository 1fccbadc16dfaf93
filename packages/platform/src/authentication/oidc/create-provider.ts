import { type Configuration, type KoaContextWithOIDC, Provider } from "oidc-provider";
import type { Clock } from "../../clock.ts";
import type { Log } from "../../log.ts";
import type { Accounts } from "../accounts/accounts.ts";
import type { PasswordLogin } from "../accounts/password-login.ts";
import type { AuthenticationKeys } from "../keys.ts";
import type { Lifetimes } from "../lifetimes.ts";
import { deviceApproved, deviceCodeForm, deviceConfirmForm } from "../pages/device-pages.ts";
import { errorPage } from "../pages/error-page.ts";
import { securityHeaders } from "../pages/page.ts";
import type { ArtifactStore } from "./artifact-store.ts";
import { FIRST_PARTY_CLIENTS, isFirstParty, SCOPES } from "./clients.ts";
import { deviceEntry } from "./device-entry.ts";
import { devicePolling } from "./device-polling.ts";
import { passwordEveryTime } from "./interaction-policy.ts";
import { registerPasswordGrant } from "./password-grant.ts";
import { Registration } from "./registration.ts";

export interface ProviderOptions {
  /** Origin + "/oidc". */
  readonly issuer: string;
  readonly accounts: Accounts;
  readonly passwordLogin: PasswordLogin;
  readonly artifacts: ArtifactStore;
  readonly keys: AuthenticationKeys;
  readonly lifetimes: Lifetimes;
  readonly clock: Clock;
  readonly log: Log;
}

/** Cookies of the login pages. */
export const LOGIN_PAGE_COOKIES = {
  session: "canfar_oidc",
  interaction: "canfar_oidc_interaction",
  resume: "canfar_oidc_resume",
};

/** The platform's IDP: device flow, password grant, refresh, revocation, introspection, registration, discovery. */
export function createProvider(options: ProviderOptions): Provider {
  const { issuer, log } = options;
  const provider = new Provider(issuer, configuration(options));
  // The platform knows its own address: `handle` sets the one forwarded header that Koa then believes.
  provider.proxy = issuer.startsWith("https:");
  provider.use(securityHeaders);
  provider.use(deviceEntry(LOGIN_PAGE_COOKIES.session));
  provider.use(devicePolling({ clock: options.clock, intervalSeconds: options.lifetimes.devicePolling }));
  registerPasswordGrant(provider, options.passwordLogin);
  const failed = (error: Error) => log.error("the identity provider failed", { error });
  provider.on("server_error", (_context, error) => failed(error));
  // An error of Koa's own; without a listener Koa writes to the console. oidc-provider's types leave it out.
  (provider as NodeJS.EventEmitter).on("error", failed);
  provider.on("grant.revoked", (context) =>
    log.info("login ended", { client: context.oidc.client?.clientId }),
  );
  return provider;
}

function configuration(options: ProviderOptions): Configuration {
  const { accounts, artifacts, keys, lifetimes } = options;
  const secure = options.issuer.startsWith("https:");
  const cookie = { httpOnly: true, sameSite: "lax", secure, signed: true } as const;
  return {
    adapter: (model) => artifacts.adapter(model),
    clients: [...FIRST_PARTY_CLIENTS],
    clientDefaults: { grant_types: [], response_types: [] },
    jwks: keys.jwks,
    cookies: {
      names: LOGIN_PAGE_COOKIES,
      keys: [...keys.cookieKeys],
      long: { ...cookie, path: "/oidc" },
      short: cookie,
    },
    // Tokens are checked by the program that made them: there is no other clock to be tolerant of.
    clockTolerance: 0,
    clientBasedCORS: () => false,
    scopes: SCOPES,
    // No browser redirects with codes: whoever needs a login runs in a terminal.
    responseTypes: [],
    claims: { openid: ["sub"], profile: ["name", "preferred_username"], email: [] },
    findAccount: (_context, username) => {
      const user = accounts.find(username);
      if (user === null) return undefined;
      const claims = { sub: user.username, preferred_username: user.username, name: user.username };
      return { accountId: user.username, claims: () => claims };
    },
    ttl: {
      AccessToken: lifetimes.accessToken,
      RefreshToken: lifetimes.refreshToken,
      Grant: lifetimes.grant,
      DeviceCode: lifetimes.deviceCode,
      Interaction: lifetimes.interaction,
      Session: lifetimes.deviceCode,
      IdToken: lifetimes.accessToken,
    },
    // Tokens of a terminal have nothing to do with the browser that approved them.
    expiresWithSession: () => false,
    issueRefreshToken: (_context, client, source) =>
      client.grantTypeAllowed("refresh_token") && source.scopes.has("offline_access"),
    rotateRefreshToken: (context) => rotates(context, options),
    loadExistingGrant,
    interactions: {
      policy: passwordEveryTime(),
      url: (_context, interaction) => `/oidc/interaction/${interaction.uid}`,
    },
    renderError: (context, out) => errorPage(context, out.error_description ?? out.error),
    features: features(options),
  };
}

function features({ clock }: ProviderOptions): NonNullable<Configuration["features"]> {
  const registration = new Registration(clock);
  const own = (
    _context: KoaContextWithOIDC,
    client: { clientId: string },
    token: { clientId?: string | undefined },
  ) => token.clientId === client.clientId;
  return {
    devInteractions: { enabled: false },
    dPoP: { enabled: false },
    resourceIndicators: { enabled: false },
    pushedAuthorizationRequests: { enabled: false },
    rpInitiatedLogout: { enabled: false },
    revocation: { enabled: true, allowedPolicy: own },
    introspection: { enabled: true, allowedPolicy: own },
    registration: { enabled: true, idFactory: registration.newClientId },
    deviceFlow: {
      enabled: true,
      userCodeInputSource: deviceCodeForm,
      userCodeConfirmSource: deviceConfirmForm,
      successSource: deviceApproved,
      deviceInfo: () => ({}),
    },
  };
}

/**
 * The command's refresh tokens are replaced once a day: it is a public client (RFC 9700 section 4.14.2), and reads the
 * token again under a lock before it refreshes. A registered client proves itself with its secret, and the Python
 * client keeps its token in memory for as long as a script runs: replacing it would end the login of every other one.
 */
function rotates(context: KoaContextWithOIDC, { clock, lifetimes }: ProviderOptions): boolean {
  const { RefreshToken: token, Client: client } = context.oidc.entities;
  if (token === undefined || client?.clientAuthMethod !== "none") return false;
  const age = clock.now().getTime() / 1000 - (token.iat ?? 0);
  return age >= lifetimes.refreshTokenRotation;
}

/**
 * The grant that an approval leads to: the one that the user consented to, or for a client of ours a new one. Each
 * approval has a grant of its own, so that logging out one terminal leaves the others logged in.
 */
async function loadExistingGrant(context: KoaContextWithOIDC) {
  const { provider, client, result, account, requestParamScopes } = context.oidc;
  const consented = result?.consent?.grantId;
  if (consented !== undefined) return await provider.Grant.find(consented);
  if (client === undefined || account === undefined || result?.login === undefined) return undefined;
  if (!isFirstParty(client.clientId)) return undefined;
  const grant = new provider.Grant({ accountId: account.accountId, clientId: client.clientId });
  grant.addOIDCScope([...requestParamScopes].join(" "));
  await grant.save();
  return grant;
}

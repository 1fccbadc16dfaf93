import type { IncomingMessage, ServerResponse } from "node:http";
import type { DatabaseSync } from "node:sqlite";
import type { User } from "@canfar/contract";
import type { Admit } from "@canfar/proxy";
import type { Provider } from "oidc-provider";
import type { Clock, Timer } from "../clock.ts";
import type { Log } from "../log.ts";
import { migrate } from "../records/database.ts";
import { Accounts } from "./accounts/accounts.ts";
import { LoginThrottle } from "./accounts/login-throttle.ts";
import { PasswordLogin } from "./accounts/password-login.ts";
import { BearerAuthenticator } from "./authenticate.ts";
import { BrowserLogins, SESSION_COOKIE } from "./browser/browser-logins.ts";
import { LoginRoutes } from "./browser/login-routes.ts";
import { Tickets, withTicket } from "./browser/tickets.ts";
import type { Caller } from "./caller.ts";
import { createAdmit } from "./create-admit.ts";
import { loadKeys } from "./keys.ts";
import { DEFAULT_LIFETIMES, type Lifetimes } from "./lifetimes.ts";
import { ArtifactStore } from "./oidc/artifact-store.ts";
import { createProvider, LOGIN_PAGE_COOKIES } from "./oidc/create-provider.ts";
import { InteractionRoutes } from "./oidc/interaction-routes.ts";
import { problemPage } from "./pages/error-page.ts";
import { showPage } from "./pages/page.ts";
import { AUTHENTICATION_MIGRATIONS } from "./schema.ts";
import { type CredentialedSession, type IsSessionActive, SessionCredentials } from "./session-credentials.ts";

export interface AuthenticationOptions {
  readonly database: DatabaseSync;
  /** Origin + "/oidc". */
  readonly issuer: string;
  /** Where browsers reach the platform: `http://127.0.0.1:8088`. */
  readonly origin: string;
  readonly clock: Clock;
  readonly log: Log;
  readonly lifetimes?: Partial<Lifetimes>;
  /** When absent, no Session's credential is accepted. */
  readonly isSessionActive?: IsSessionActive;
}

/** Who is who on this platform: its own IDP, its accounts, and the guard of the Sessions' pages. */
export interface Authentication {
  /** @throws CanfarError authentication.required | authentication.expired | authentication.credential_invalid */
  authenticate(authorization: string | undefined): Promise<Caller>;
  /** What a program inside a Session uses to act as its user on this platform, while that attempt runs. */
  issueSessionCredential(session: CredentialedSession): Promise<string>;
  /** The answer to the session proxy's question: bearer token, cookie or `?ticket=`. */
  readonly admit: Admit;
  /**
   * A Ticket: an address that opens a Session's page once, in a browser that need not be logged in.
   *
   * @param options.path path, query and fragment below the origin
   */
  issueTicket(options: { user: User; sessionId: string; path: string }): { url: string; expiresAt: string };
  /** True for `/oidc/…`, `/login`, `/logout`, `/session/logout` and `/device`; to be asked before the proxy is. */
  handles(pathname: string): boolean;
  handle(request: IncomingMessage, response: ServerResponse): void;
  readonly accounts: Accounts;
  /** Cookies of the platform, each with its signature: no Session may see or set them. */
  readonly cookieNames: readonly string[];
  /** Stops the timer; to be called before the database is closed. */
  close(): void;
}

const PLATFORM_COOKIES: readonly string[] = [
  SESSION_COOKIE,
  ...Object.values(LOGIN_PAGE_COOKIES).flatMap((name) => [name, `${name}.sig`]),
];

const PURGE_INTERVAL_MS = 10 * 60_000;

/** Opens the IDP over its tables; makes its keys at the first start. */
export async function createAuthentication(options: AuthenticationOptions): Promise<Authentication> {
  const { database, issuer, origin, clock, log } = options;
  const lifetimes = { ...DEFAULT_LIFETIMES, ...options.lifetimes };
  migrate(database, AUTHENTICATION_MIGRATIONS);
  const artifacts = new ArtifactStore({ database, clock, lifetimes });
  const secure = origin.startsWith("https:");
  const browserLogins = new BrowserLogins({ database, clock, lifetimes, secure });
  const tickets = new Tickets({ database, clock, lifetimes });
  const loggedOut = (username: string) => {
    artifacts.revokeAccount(username);
    browserLogins.endAll(username);
  };
  const accounts = await Accounts.open({ database, clock, loggedOut });
  const passwordLogin = new PasswordLogin({ accounts, throttle: new LoginThrottle(clock), log });
  const keys = await loadKeys(database);
  const isActive = options.isSessionActive ?? (() => false);
  const sessions = await SessionCredentials.open({ secret: keys.sessionKey, isActive });
  const provider = createProvider({
    issuer,
    accounts,
    passwordLogin,
    artifacts,
    keys,
    lifetimes,
    clock,
    log,
  });
  const bearer = new BearerAuthenticator({ provider, accounts, sessions, clock });
  const interactions = new InteractionRoutes({ provider, passwordLogin, origin });
  const logins = new LoginRoutes({ browserLogins, passwordLogin, origin });
  const stopPurging = purgeForever(clock, [artifacts, browserLogins, tickets]);

  return {
    accounts,
    cookieNames: PLATFORM_COOKIES,
    authenticate: (authorization) => bearer.authenticate(authorization),
    issueSessionCredential: (session) => sessions.issue(session),
    admit: createAdmit({ accounts, bearer, browserLogins, tickets, origin }),
    issueTicket({ user, sessionId, path }) {
      const [withoutFragment = ""] = path.split("#");
      const { ticket, expiresAt } = tickets.issue({
        username: user.username,
        sessionId,
        path: withoutFragment,
      });
      return { url: origin + withTicket(path, ticket), expiresAt: expiresAt.toISOString() };
    },
    handles: (pathname) => logins.handles(pathname) || pathname === "/oidc" || pathname.startsWith("/oidc/"),
    handle: createHandler({ provider, interactions, logins, origin, log }),
    close: stopPurging,
  };
}

interface HandlerOptions {
  readonly provider: Provider;
  readonly interactions: InteractionRoutes;
  readonly logins: LoginRoutes;
  readonly origin: string;
  readonly log: Log;
}

function createHandler(options: HandlerOptions): Authentication["handle"] {
  const { provider, interactions, logins, origin, log } = options;
  const serveProvider = provider.callback();
  const route = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const url = new URL(request.url ?? "/", origin);
    if (logins.handles(url.pathname)) await logins.handle(request, response, url);
    else if (interactions.handles(url.pathname)) await interactions.handle(request, response);
    else {
      mount(request, { url, origin: new URL(origin) });
      await serveProvider(request, response);
    }
  };
  return (request, response) => {
    route(request, response).catch((error: unknown) => {
      log.error("a login page failed", { error });
      if (response.headersSent) response.destroy();
      else showPage(response, 500, problemPage("The platform could not answer; its log says why."));
    });
  };
}

/**
 * oidc-provider knows its routes without the part of the path that its issuer names; it finds that part again in
 * `originalUrl`, as Express and Connect set it. It makes addresses from what the request says of itself: that must be
 * the platform's own address, and no header of a client.
 */
function mount(request: IncomingMessage, { url, origin }: { url: URL; origin: URL }): void {
  Object.assign(request, { originalUrl: url.pathname + url.search });
  request.url = `${url.pathname.slice("/oidc".length) || "/"}${url.search}`;
  request.headers.host = origin.host;
  request.headers["x-forwarded-proto"] = origin.protocol.slice(0, -1);
  delete request.headers["x-forwarded-host"];
}

function purgeForever(clock: Clock, stores: readonly { purge(): void }[]): () => void {
  let timer: Timer;
  const purge = () => {
    for (const store of stores) store.purge();
    timer = clock.setTimer(PURGE_INTERVAL_MS, purge);
  };
  purge();
  return () => timer.cancel();
}

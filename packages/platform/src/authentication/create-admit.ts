import type { IncomingMessage } from "node:http";
import { CanfarError } from "@canfar/contract";
import type { Admission, Admit, SessionRoute } from "@canfar/proxy";
import type { Accounts } from "./accounts/accounts.ts";
import type { BearerAuthenticator } from "./authenticate.ts";
import type { BrowserLogins } from "./browser/browser-logins.ts";
import { isSameOrigin } from "./browser/same-origin.ts";
import { splitTicket, type Tickets } from "./browser/tickets.ts";

export interface AdmitOptions {
  readonly accounts: Accounts;
  readonly bearer: BearerAuthenticator;
  readonly browserLogins: BrowserLogins;
  readonly tickets: Tickets;
  readonly origin: string;
}

const SAFE_METHODS: ReadonlySet<string> = new Set(["GET", "HEAD", "OPTIONS"]);

/**
 * Who may reach a Session: its owner, known by bearer token, ticket or cookie. The `?token=` that Jupyter's addresses
 * carry is the Session's id and admits nobody.
 */
export function createAdmit(options: AdmitOptions): Admit {
  const { accounts, browserLogins, tickets, origin } = options;
  const own = (username: string, route: SessionRoute): Admission =>
    accounts.find(username)?.username === route.owner ? { kind: "allow" } : { kind: "deny" };

  return async (request, route) => {
    const caller = await bearerOf(request, options.bearer);
    if (caller !== null) {
      const admission = own(caller, route);
      // The token is the platform's: the Session must not see it.
      return admission.kind === "allow" ? { ...admission, stripAuthorization: true } : admission;
    }
    const { path, ticket } = splitTicket(request.url ?? "/");
    const isUpgrade = request.headers.upgrade !== undefined;
    if (ticket !== null && request.method === "GET" && !isUpgrade) {
      const username = tickets.redeem({ ticket, sessionId: route.sessionId, path });
      if (username !== null && own(username, route).kind === "allow") {
        return { kind: "redirect", location: path, setCookie: browserLogins.start(username) };
      }
    }
    const username = browserLogins.find(request.headers.cookie);
    if (username === null) return { kind: "login", loginUrl: `/login?next=${encodeURIComponent(path)}` };
    const changes = isUpgrade || !SAFE_METHODS.has(request.method ?? "GET");
    if (changes && !isSameOrigin(request, origin)) return { kind: "deny" };
    return own(username, route);
  };
}

/** A Session's own program may use the header too, for tokens of its own: those count for nothing here. */
async function bearerOf(request: IncomingMessage, bearer: BearerAuthenticator): Promise<string | null> {
  const { authorization } = request.headers;
  if (authorization === undefined) return null;
  try {
    return (await bearer.authenticate(authorization)).user.username;
  } catch (error) {
    if (error instanceof CanfarError) return null;
    throw error;
  }
}

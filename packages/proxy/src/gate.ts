import type { IncomingMessage } from "node:http";
import type { Admit } from "./admit.ts";
import type { Answer } from "./answers.ts";
import * as answers from "./answers.ts";
import { climbsOut, parseTarget, type RequestTarget, withoutParameters } from "./request-target.ts";
import { isReady, type RouteTable, type SessionRoute, type SessionTarget } from "./route-table.ts";
import { wantsPage } from "./write-answer.ts";

/** What happens to a request. */
export type Passage =
  | {
      readonly kind: "forward";
      readonly route: SessionRoute;
      readonly target: SessionTarget;
      /** Path and query as the Session gets them. */
      readonly path: string;
      readonly stripAuthorization: boolean;
    }
  | { readonly kind: "progress"; readonly route: SessionRoute }
  | { readonly kind: "answer"; readonly answer: Answer };

/** What the gate decides with. */
export interface GateOptions {
  readonly routes: RouteTable;
  readonly admit: Admit;
  readonly origin: () => string;
}

/** The name of the one-time ticket in a Session's address. */
const TICKET = "ticket";

/**
 * Decides about one request or websocket handshake: which Session it means, whether it may reach it, and whether the
 * Session can be reached now. Asked anew for each, nothing is remembered.
 */
export async function passage(request: IncomingMessage, options: GateOptions): Promise<Passage> {
  const target = parseTarget(request.url ?? "");
  if (target === null) return answer(answers.badRequest("the request names no plain path on this server"));
  const route = options.routes.match(target.pathname);
  if (route === null) return answer(withoutRoute(target, options.routes));
  const rest = target.pathname.slice(route.prefix.length);
  if (climbsOut(rest)) return answer(answers.badRequest("the path leaves the session's own pages"));
  const admission = await options.admit(request, route);
  switch (admission.kind) {
    case "login":
      return answer(login(request, admission.loginUrl));
    case "deny":
      return answer(answers.denied());
    case "redirect":
      return answer(answers.redirect(303, admission.location, admission.setCookie));
    case "allow": {
      const stripAuthorization = admission.stripAuthorization ?? false;
      if (!stripAuthorization && isForeign(request, options.origin())) {
        return answer(answers.foreign());
      }
      // The route may have changed while the question was answered.
      const now = options.routes.get(route.sessionId);
      if (now?.prefix !== route.prefix) return answer(answers.notFound());
      return admitted(now, target, { rest, stripAuthorization, options });
    }
  }
}

interface Admitted {
  readonly rest: string;
  readonly stripAuthorization: boolean;
  readonly options: GateOptions;
}

function admitted(route: SessionRoute, { pathname, query }: RequestTarget, about: Admitted): Passage {
  if (about.rest === answers.PROGRESS_PATH) return { kind: "progress", route };
  if (route.state === "ended") return answer(answers.ended(route));
  if (!isReady(route)) return answer(answers.starting(route, about.options.routes.elapsed(route.sessionId)));
  const path = (route.stripsPrefix ? `/${about.rest}` : pathname) + forwardedQuery(query, route);
  const { target } = route;
  return { kind: "forward", route, target, path, stripAuthorization: about.stripAuthorization };
}

/**
 * The ticket is the platform's and never passed on. Where the proxy brings the Session's credential itself, the
 * token of upstream's connect addresses, which is the id, would only be taken for a wrong password.
 */
function forwardedQuery(query: string, { inject, sessionId }: SessionRoute): string {
  return withoutParameters(
    query,
    (name, value) => name === TICKET || (inject !== undefined && name === "token" && value === sessionId),
  );
}

function withoutRoute({ pathname, query }: RequestTarget, routes: RouteTable): Answer {
  const folder = `${pathname}/`;
  return routes.match(folder)?.prefix === folder ? answers.redirect(308, folder + query) : answers.notFound();
}

function login(request: IncomingMessage, loginUrl: string): Answer {
  const navigates = wantsPage(request) && (request.method === "GET" || request.method === "HEAD");
  const isUpgrade = request.headers.upgrade !== undefined;
  return navigates && !isUpgrade ? answers.redirect(302, loginUrl) : answers.loginRequired();
}

/**
 * True when a page of another site made the request. A browser sends its cookie along even so, and a Session whose
 * credential the proxy brings trusts every request: so changes and websockets are taken from the platform's own pages
 * only. Cookies do not know ports: another server on the same machine is another site here.
 */
function isForeign({ method, headers }: IncomingMessage, origin: string): boolean {
  const changes = !["GET", "HEAD", "OPTIONS"].includes(method ?? "") || headers.upgrade !== undefined;
  if (!changes) return false;
  const { origin: from, host } = headers;
  if (from !== undefined) return from !== new URL(origin).origin && hostOf(from) !== host;
  const site = headers["sec-fetch-site"];
  return site === "cross-site" || site === "same-site";
}

function hostOf(origin: string): string | null {
  return URL.parse(origin)?.host ?? null;
}

function answer(given: Answer): Passage {
  return { kind: "answer", answer: given };
}

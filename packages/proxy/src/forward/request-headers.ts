import type { IncomingMessage } from "node:http";
import type { SessionRoute } from "../route-table.ts";
import { endToEnd, flatten, type Header } from "./hop-by-hop.ts";

/** What decides which request headers reach a Session. */
export interface RequestHeaderPolicy {
  /** Cookies of the platform: never forwarded. */
  readonly cookieNames: readonly string[];
  /** Public origin of the platform, for `X-Forwarded-Proto`. */
  readonly origin: string;
  /** Keep what an outer proxy wrote into `Forwarded` and `X-Forwarded-*`. */
  readonly trustForwarded: boolean;
  /** The `Authorization` header was a credential of the platform. */
  readonly stripAuthorization: boolean;
}

/**
 * The headers to forward, without those that frame the body or the upgrade.
 *
 * `Host` stays the public one: Jupyter builds absolute redirects from it, and compares a websocket's `Origin` with it.
 * `Expect` goes: the proxy itself has said 100 by then.
 */
export function requestHeaders(
  request: IncomingMessage,
  route: SessionRoute,
  policy: RequestHeaderPolicy,
): string[] {
  const kept = endToEnd(request.rawHeaders).flatMap((header) => keep(header, policy));
  if (route.inject !== undefined && !kept.some(({ lower }) => lower === "authorization")) {
    kept.push(header("Authorization", route.inject.authorization));
  }
  // An HTTP/1.0 client need not say the host; the Session is asked in HTTP/1.1, which must.
  if (request.headers.host === undefined) kept.push(header("Host", new URL(policy.origin).host));
  return flatten([...kept, ...forwarded(request, route, policy), header("Via", via(request))]);
}

function keep(given: Header, policy: RequestHeaderPolicy): Header[] {
  switch (given.lower) {
    case "content-length":
    case "expect":
    case "via":
      return [];
    case "authorization":
      return policy.stripAuthorization ? [] : [given];
    case "cookie": {
      const value = withoutCookies(given.value, policy.cookieNames);
      return value === "" ? [] : [{ ...given, value }];
    }
    default:
      return isForwarded(given.lower) ? [] : [given];
  }
}

function isForwarded(lower: string): boolean {
  return lower === "forwarded" || lower === "x-real-ip" || lower.startsWith("x-forwarded-");
}

function forwarded(request: IncomingMessage, route: SessionRoute, policy: RequestHeaderPolicy): Header[] {
  const given = (name: string): string | undefined => {
    const value = policy.trustForwarded ? request.headers[name] : undefined;
    return Array.isArray(value) ? value.join(", ") : value;
  };
  const address = request.socket.remoteAddress ?? "unknown";
  const before = given("x-forwarded-for");
  return [
    header("X-Forwarded-For", before === undefined ? address : `${before}, ${address}`),
    header("X-Forwarded-Proto", given("x-forwarded-proto") ?? new URL(policy.origin).protocol.slice(0, -1)),
    header(
      "X-Forwarded-Host",
      given("x-forwarded-host") ?? request.headers.host ?? new URL(policy.origin).host,
    ),
    // Names what was removed; an application that was given its whole path would put it in front twice.
    ...(route.stripsPrefix ? [header("X-Forwarded-Prefix", route.prefix.slice(0, -1))] : []),
  ];
}

function via(request: IncomingMessage): string {
  const before = request.headers.via;
  return `${before === undefined ? "" : `${before}, `}${request.httpVersion} canfar`;
}

/** A `Cookie` header without the named ones, the others unchanged. */
export function withoutCookies(value: string, names: readonly string[]): string {
  return value
    .split(";")
    .map((pair) => pair.trim())
    .filter((pair) => pair !== "" && !names.includes(pair.split("=", 1)[0]?.trim() ?? ""))
    .join("; ");
}

function header(name: string, value: string): Header {
  return { name, lower: name.toLowerCase(), value };
}

import type { IncomingMessage } from "node:http";
import { endToEnd, flatten, type Header } from "./hop-by-hop.ts";

/** What a Session may not do to the origin that it shares with the platform. */
export interface ResponseHeaderPolicy {
  /** Cookies of the platform: a Session cannot set them. */
  readonly cookieNames: readonly string[];
  /** A Session's service worker stays below this path. */
  readonly prefix: string;
}

/** Everything that the Session answered, but hop-by-hop headers and reaches beyond its own prefix. */
export function responseHeaders(response: IncomingMessage, policy: ResponseHeaderPolicy): string[] {
  return flatten(endToEnd(response.rawHeaders).filter((header) => isAllowed(header, policy)));
}

function isAllowed({ lower, value }: Header, { cookieNames, prefix }: ResponseHeaderPolicy): boolean {
  if (lower === "set-cookie") return !setsCookie(value, cookieNames);
  if (lower === "service-worker-allowed") return value.startsWith(prefix) && !value.includes("..");
  return true;
}

/**
 * True when a `Set-Cookie` sets one of the names. A browser sends a cookie without a name (`=name=value`, or
 * `name` alone) as its bare value, which then reads like the real one: those count too.
 */
function setsCookie(value: string, names: readonly string[]): boolean {
  const [pair = ""] = value.split(";", 1);
  const [name = ""] = pair
    .trim()
    .replace(/^[=\s]+/, "")
    .split("=", 1);
  return names.includes(name.trim());
}

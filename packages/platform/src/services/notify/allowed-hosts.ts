import { lookup as lookupAddress } from "node:dns";
import { BlockList, isIP, type LookupFunction } from "node:net";
import { CanfarError } from "@canfar/contract";

/** Addresses that lead into the machine or the operator's own networks (RFC 6890 and what embeds them in IPv6). */
const INSIDE = new BlockList();
for (const [network, prefix] of [
  ["0.0.0.0", 8],
  ["10.0.0.0", 8],
  ["100.64.0.0", 10],
  ["127.0.0.0", 8],
  ["169.254.0.0", 16],
  ["172.16.0.0", 12],
  ["192.0.0.0", 24],
  ["192.168.0.0", 16],
  ["198.18.0.0", 15],
  ["224.0.0.0", 4],
  ["240.0.0.0", 4],
] as const) {
  INSIDE.addSubnet(network, prefix);
}
for (const [network, prefix] of [
  ["::", 96],
  ["64:ff9b::", 96],
  ["2002::", 16],
  ["fc00::", 7],
  ["fe80::", 10],
  ["ff00::", 8],
] as const) {
  INSIDE.addSubnet(network, prefix, "ipv6");
}

/**
 * Where webhooks may go. Without a list of the operator's: to every host whose addresses are public, so that no user
 * reaches through the platform what only the platform can reach. With a list: to those hosts, wherever they are.
 */
export class AllowedHosts {
  readonly #patterns: readonly string[] | undefined;

  /** @param patterns host names or addresses; `*.example.org` stands for all below that domain */
  constructor(patterns: readonly string[] | undefined) {
    this.#patterns = patterns?.map((pattern) => pattern.toLowerCase());
  }

  /**
   * Whether a webhook's host may be named at all; its addresses are looked at when it is sent.
   *
   * @throws CanfarError `request.invalid`
   */
  check(url: URL): void {
    const host = hostOf(url);
    if (this.#patterns !== undefined) {
      if (this.#patterns.some((pattern) => fits(host, pattern))) return;
      throw refused(
        host,
        "the operator has not listed it",
        "Ask the operator to add it to notifications.allowedHosts.",
      );
    }
    if (host === "localhost" || host.endsWith(".localhost") || (isIP(host) !== 0 && isInside(host))) {
      throw refused(host, "it is inside the platform's own network", PUBLIC_HINT);
    }
  }

  /** Resolves names for a connection, and refuses those that lead inside: a name may have changed since it was checked. */
  get lookup(): LookupFunction {
    if (this.#patterns !== undefined) return lookupAddress;
    return (hostname, options, callback) => {
      lookupAddress(hostname, { ...options, all: true }, (error, addresses) => {
        const found = Array.isArray(addresses) ? addresses : [];
        const [first] = found;
        if (error !== null || first === undefined) return callback(error, "");
        if (found.some(({ address }) => isInside(address))) {
          return callback(refused(hostname, "it leads into the platform's own network", PUBLIC_HINT), "");
        }
        if (options.all) callback(null, found);
        else callback(null, first.address, first.family);
      });
    };
  }
}

const PUBLIC_HINT = "Name a public host, or ask the operator to add it to notifications.allowedHosts.";

function hostOf(url: URL): string {
  return url.hostname
    .toLowerCase()
    .replace(/^\[|\]$/g, "")
    .replace(/\.$/, "");
}

function fits(host: string, pattern: string): boolean {
  return pattern.startsWith("*.") ? host.endsWith(pattern.slice(1)) : host === pattern;
}

function isInside(address: string): boolean {
  return INSIDE.check(address, isIP(address) === 6 ? "ipv6" : "ipv4");
}

function refused(host: string, why: string, hint: string): CanfarError {
  return new CanfarError("request.invalid", {
    message: `a webhook cannot go to ${host}: ${why}`,
    hint,
    details: { host },
  });
}

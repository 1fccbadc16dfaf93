import { CanfarError } from "@canfar/contract";
import type { PlatformFeatures } from "./features.ts";
import { isLoopback } from "./loopback.ts";
import { type ProbeOptions, probeFeatures } from "./probe.ts";
import { type Server, serverAt } from "./server.ts";
import type { Candidate, ServerSource } from "./sources.ts";

/** URI that every platform of ours has until it is registered in the IVOA. */
export const LOCAL_URI = "ivo://canfar.local/skaha";
const LOCAL_NAME = "local";

/** A server that answered. */
export interface DiscoveredServer {
  readonly server: Server;
  readonly features: PlatformFeatures;
}

/**
 * Looks for servers everywhere at once and asks each what it can do; no credential is sent to any of them. Last resorts are
 * asked only where no other server answers.
 *
 * @param options.saved servers already in the configuration, which keep their names
 * @throws CanfarError `server.none_available` with what each candidate answered
 */
export async function discoverServers(
  options: ProbeOptions & { readonly sources: readonly ServerSource[]; readonly saved: readonly Server[] },
): Promise<DiscoveredServer[]> {
  const lastResorts = options.sources.filter(({ isLastResort }) => isLastResort);
  const others = options.sources.filter(({ isLastResort }) => !isLastResort);
  const answers = await askAll(others, options);
  if (answered(answers).length === 0) answers.push(...(await askAll(lastResorts, options)));
  const found = answered(answers);
  if (found.length === 0) throw noneAvailable(answers);
  return nameServers(found, options.saved);
}

/**
 * Asks the server at one address, as a user types it: with or without `/skaha` and the version.
 *
 * @throws CanfarError `server.discovery_failed`, `server.unavailable`, `config.invalid`
 */
export async function discoverServerAt(
  address: string,
  options: ProbeOptions & { readonly saved: readonly Server[] },
): Promise<DiscoveredServer> {
  const { url } = serverAt(address);
  const base = new URL(url).pathname === "/" ? `${url}/skaha` : url;
  const [found] = nameServers(
    [{ candidate: { url: base }, features: await probeFeatures(base, options) }],
    options.saved,
  );
  if (found === undefined)
    throw new CanfarError("server.discovery_failed", { message: `No server at ${address}` });
  return found;
}

interface Answer {
  readonly candidate: Candidate;
  readonly features: PlatformFeatures;
}

/** A candidate, and what came of asking it. */
interface Asked {
  readonly candidate: Candidate;
  readonly outcome: PromiseSettledResult<PlatformFeatures>;
}

async function askAll(sources: readonly ServerSource[], options: ProbeOptions): Promise<Asked[]> {
  const lists = await Promise.all(sources.map((source) => source.candidates(options.signal)));
  const candidates = new Map<string, Candidate>();
  for (const candidate of lists.flat()) {
    const known = candidates.get(candidate.url);
    if (known === undefined || known.startedAt === undefined) candidates.set(candidate.url, candidate);
  }
  const asked = await Promise.all(
    [...candidates.values()].map(async (candidate) => {
      const [outcome] = await Promise.allSettled([probeFeatures(candidate.url, options)]);
      return { candidate, outcome };
    }),
  );
  options.signal?.throwIfAborted();
  return asked;
}

function answered(asked: readonly Asked[]): Answer[] {
  return asked.flatMap(({ candidate, outcome }) =>
    outcome.status === "fulfilled" ? [{ candidate, features: outcome.value }] : [],
  );
}

/**
 * The platform that has run longest is `local`, another one `local-<port>`. Each is its own IDP: its tokens are
 * worth nothing elsewhere, and must not be sent there.
 */
function nameServers(answers: readonly Answer[], saved: readonly Server[]): DiscoveredServer[] {
  const age = ({ candidate }: Answer) => candidate.startedAt ?? "";
  const sorted = [...answers].sort((a, b) => age(a).localeCompare(age(b)));
  const known = (answer: Answer) => saved.find(({ url }) => url === answer.candidate.url);
  const taken = new Set(sorted.map((answer) => known(answer)?.name));
  return sorted.map((answer) => {
    const { candidate, features } = answer;
    const before = known(answer);
    const name = before?.name ?? newName(new URL(candidate.url), taken.has(LOCAL_NAME));
    taken.add(name);
    const server: Server = {
      name,
      idp: before?.idp ?? name,
      uri: before?.uri ?? LOCAL_URI,
      url: candidate.url,
      version: features.version ?? "v1",
      auths: [...features.auths],
    };
    return { server, features };
  });
}

function newName(url: URL, localIsTaken: boolean): string {
  if (!isLoopback(url)) return url.host.replace(/[^A-Za-z0-9]+/g, "-").replace(/^(?![A-Za-z])/, "server-");
  return localIsTaken
    ? `${LOCAL_NAME}-${url.port || (url.protocol === "https:" ? "443" : "80")}`
    : LOCAL_NAME;
}

function noneAvailable(asked: readonly Asked[]): CanfarError {
  const reasons = asked.map(({ outcome }) =>
    outcome.status === "rejected" ? String(outcome.reason.message) : "",
  );
  return new CanfarError("server.none_available", {
    message: `No Science Platform Server was found: ${reasons.join("; ") || "there is nowhere to look"}`,
    hint: "Start one on this machine with `canfar platform up`.",
    details: { asked: asked.map(({ candidate }) => candidate.url) },
  });
}

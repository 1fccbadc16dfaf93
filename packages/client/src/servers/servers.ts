import { selectServer } from "../auth/selection.ts";
import { type Clock, systemClock } from "../clock.ts";
import { ConfigurationFile } from "../config/configuration-file.ts";
import type { Fetch } from "../transport/transport.ts";
import { type DiscoveredServer, discoverServerAt, discoverServers } from "./discover.ts";
import { findServer, type Server, savedServers } from "./server.ts";
import { DefaultAddress, RunningPlatforms, type ServerSource } from "./sources.ts";

/** A platform on this machine answers at once or never. */
const PROBE_TIMEOUT_MS = 5000;

export interface ServersOptions {
  readonly configuration?: ConfigurationFile | undefined;
  readonly fetch?: Fetch | undefined;
  readonly clock?: Clock | undefined;
  /** Where to look; default: the platforms that run on this machine, and the default address. */
  readonly sources?: readonly ServerSource[] | undefined;
  readonly timeoutMs?: number | undefined;
}

/** Science Platform Servers: finding, listing and choosing them. */
export class Servers {
  readonly configuration: ConfigurationFile;
  readonly #sources: readonly ServerSource[];
  readonly #probe: { fetch: Fetch; clock: Clock; timeoutMs: number };

  constructor(options: ServersOptions = {}) {
    const clock = options.clock ?? systemClock;
    this.configuration = options.configuration ?? new ConfigurationFile({ clock });
    this.#sources = options.sources ?? [new RunningPlatforms(), new DefaultAddress()];
    this.#probe = {
      fetch: options.fetch ?? globalThis.fetch,
      clock,
      timeoutMs: options.timeoutMs ?? PROBE_TIMEOUT_MS,
    };
  }

  /** Saved servers, the active one marked. */
  async list(): Promise<(Server & { readonly active: boolean })[]> {
    const configuration = await this.configuration.read();
    const active = configuration.active?.server;
    return savedServers(configuration).map((server) => ({ ...server, active: server.name === active }));
  }

  /**
   * Looks for servers that answer now. Saves nothing, sends no credential.
   *
   * @throws CanfarError `server.none_available` with what each address answered
   */
  async discover(options: { signal?: AbortSignal } = {}): Promise<DiscoveredServer[]> {
    const saved = savedServers(await this.configuration.read());
    return await discoverServers({ ...this.#probe, ...options, sources: this.#sources, saved });
  }

  /**
   * Asks the server at an address, with or without `/skaha` and version.
   *
   * @throws CanfarError `server.unavailable`, `server.discovery_failed`, `config.invalid`
   */
  async discoverAt(address: string, options: { signal?: AbortSignal } = {}): Promise<DiscoveredServer> {
    const saved = savedServers(await this.configuration.read());
    return await discoverServerAt(address, { ...this.#probe, ...options, saved });
  }

  /**
   * Makes a saved server the active one, with the login that belongs to it.
   *
   * @param selector Server Name or IVOA URI
   * @throws CanfarError `server.none_available`, `authentication.required`
   */
  async use(selector: string): Promise<Server> {
    const after = await this.configuration.update((now) => selectServer(now, selector));
    return findServer(after, after.active?.server ?? selector);
  }
}

import type { Clock } from "./clock.ts";
import type { PlatformFeatures } from "./servers/features.ts";
import { probeAdditions } from "./servers/probe.ts";
import type { Server } from "./servers/server.ts";
import { apiUrl } from "./servers/server.ts";
import type { Credentials } from "./transport/credentials.ts";
import type { Fetch } from "./transport/transport.ts";
import { Transport } from "./transport/transport.ts";

export interface ConnectionOptions {
  readonly server: Server;
  readonly credentials: Credentials;
  readonly fetch: Fetch;
  readonly clock: Clock;
  /** Longest time without any byte. */
  readonly timeoutMs: number;
  /** Requests at the same time. */
  readonly concurrency: number;
}

/** What every part of a client shares: the way to the server, and what the server can do. */
export class Connection {
  readonly server: Server;
  readonly transport: Transport;
  readonly clock: Clock;
  readonly concurrency: number;
  readonly #options: ConnectionOptions;
  #features: Promise<PlatformFeatures> | undefined;

  constructor(options: ConnectionOptions) {
    const { server, credentials, fetch, clock, timeoutMs } = options;
    this.server = server;
    this.clock = clock;
    this.concurrency = options.concurrency;
    this.transport = new Transport({
      server: server.name,
      baseUrl: apiUrl(server),
      credentials,
      fetch,
      clock,
      timeoutMs,
    });
    this.#options = options;
  }

  /** The token that the next request would carry. */
  async accessToken(): Promise<string> {
    return await this.#options.credentials.token();
  }

  /**
   * Which of our additions the server has. Asked once; a failure is not remembered.
   *
   * @throws CanfarError `server.unavailable`, `transport.failure`
   */
  async features(): Promise<PlatformFeatures> {
    this.#features ??= probeAdditions(this.server.url, this.#options).catch((error: unknown) => {
      this.#features = undefined;
      throw error;
    });
    return await this.#features;
  }
}

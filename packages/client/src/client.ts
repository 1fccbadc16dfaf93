import {
  type PlatformStats,
  platformStatsSchema,
  routePath,
  type ServerContext,
  serverContextSchema,
  type User,
  userSchema,
} from "@canfar/contract";
import type { Connection } from "./connection.ts";
import { Groups } from "./groups/groups.ts";
import { Images } from "./images.ts";
import { type ClientOptions, openConnection } from "./open-connection.ts";
import type { Server } from "./servers/server.ts";
import { Sessions } from "./sessions.ts";
import { unsupported } from "./unsupported.ts";

/** One user on one Science Platform Server. Made by `openClient`. */
export class Client {
  /** The server that answers. */
  readonly server: Server;
  readonly sessions: Sessions;
  readonly groups: Groups;
  readonly images: Images;
  readonly #connection: Connection;

  constructor(connection: Connection) {
    this.#connection = connection;
    this.server = connection.server;
    this.sessions = new Sessions(connection);
    this.groups = new Groups(connection);
    this.images = new Images(connection);
  }

  /**
   * A token for other programs, renewed if need be. Whoever has it acts as the user until it ends.
   *
   * @throws CanfarError `authentication.expired`, `server.unavailable`
   */
  async accessToken(): Promise<string> {
    return await this.#connection.accessToken();
  }

  /** Resources that a Session may ask for. */
  async context(): Promise<ServerContext> {
    return await this.#connection.transport.json({ method: "GET", path: "context" }, serverContextSchema);
  }

  /** Load of the server. */
  async stats(): Promise<PlatformStats> {
    const request = { method: "GET", path: "session", query: { view: "stats" } } as const;
    return await this.#connection.transport.json(request, platformStatsSchema);
  }

  /**
   * Who the caller is to the server.
   *
   * @throws CanfarError `request.unsupported` where the server does not say
   */
  async user(): Promise<User> {
    const { issuer } = await this.#connection.features();
    if (issuer === null) throw unsupported(this.server.name, "does not say who its callers are");
    return await this.#connection.transport.json(
      { method: "GET", path: routePath("getCurrentUser") },
      userSchema,
    );
  }
}

/**
 * Opens a client with the login that `canfar login` saved. No request is made yet. For what beats what among options,
 * environment variables and the configuration file see `openConnection`.
 *
 * @throws CanfarError `authentication.required` without a login, `config.invalid`, `server.none_available`
 */
export async function openClient(options: ClientOptions = {}): Promise<Client> {
  return new Client(await openConnection(options));
}

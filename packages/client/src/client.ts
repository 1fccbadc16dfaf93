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
import type { PlannedRun, RunOptions, StartedRun } from "./run/run.ts";
import type { Runner } from "./run/runner.ts";
import type { PlatformFeatures } from "./servers/features.ts";
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
  readonly #environment: Readonly<Record<string, string | undefined>>;

  /** @param environment tells of the Session around this program, if there is one */
  constructor(
    connection: Connection,
    environment: Readonly<Record<string, string | undefined>> = process.env,
  ) {
    this.#connection = connection;
    this.server = connection.server;
    this.sessions = new Sessions(connection);
    this.groups = new Groups(connection);
    this.images = new Images(connection);
    this.#environment = environment;
  }

  /**
   * Runs a script or notebook of this machine as a batch Session, or with lists or `replicas` as a Group: it is carried,
   * with what lies beside it, to a folder of its own in the user's home on the server, and runs there.
   *
   * @throws CanfarError `file.not_found`, `request.invalid`, `request.too_large`, `request.unsupported`, `storage.full`,
   *   and the server's refusal of the launch
   */
  async run(options: RunOptions): Promise<StartedRun> {
    return await (await this.#runner()).run(options);
  }

  /** What `run` would do, without doing it. */
  async planRun(options: RunOptions): Promise<PlannedRun> {
    return await (await this.#runner()).plan(options);
  }

  /** Loaded when first used: most programs run nothing. */
  async #runner(): Promise<Runner> {
    const { Runner } = await import("./run/runner.ts");
    return new Runner(this.#connection, this.#environment);
  }

  /**
   * A token for other programs, renewed if need be. Whoever has it acts as the user until it ends.
   *
   * @throws CanfarError `authentication.expired`, `server.unavailable`
   */
  async accessToken(): Promise<string> {
    return await this.#connection.accessToken();
  }

  /** Which additions to the Skaha protocol the server has. */
  async features(): Promise<PlatformFeatures> {
    return await this.#connection.features();
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
  return new Client(await openConnection(options), options.environment);
}

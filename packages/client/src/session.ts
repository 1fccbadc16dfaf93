import { CanfarError, type PlatformStats, platformStatsSchema, type SessionKind } from "@canfar/contract";
import { type WireSession, wireSessionSchema } from "@canfar/contract/wire";
import { z } from "zod";
import type { Connection } from "./connection.ts";
import { type CreateOptions, launchRequestOf } from "./create-options.ts";
import { forEachId, type Ids } from "./for-each-id.ts";
import { openBrowser } from "./open-browser.ts";
import { type ClientOptions, openConnection } from "./open-connection.ts";
import { Sessions } from "./sessions.ts";

export interface SessionOptions extends ClientOptions {
  /** Whether a method for several ids throws when one of them fails, or leaves that one out. Default: raise. */
  readonly errors?: "raise" | "ignore" | undefined;
  /** Shows an address to the user; default: the system's browser. */
  readonly open?: ((url: string) => void | Promise<void>) | undefined;
}

/** A Session exactly as the server sends it. */
const asSent = z.custom<WireSession>((value) => wireSessionSchema.safeParse(value).success, {
  message: "is not a session object",
});

/**
 * Sessions with the methods, names and results of Python's `canfar.sessions.Session`, for scripts that move here. It
 * uses the login that `canfar login` saved. `openClient` is the richer way to the same.
 */
export class Session {
  readonly #options: SessionOptions;
  #opening: Promise<Connection> | undefined;

  constructor(options: SessionOptions = {}) {
    this.#options = options;
  }

  /**
   * Launches a Session, or with `replicas` several: NAME-1 to NAME-N, each with its REPLICA_ID and REPLICA_COUNT. The first
   * id is the id of their Group as well.
   *
   * @returns ids in the order of the Replicas
   * @throws CanfarError as `Sessions.launch`; with `errors: "ignore"` no `command.partial_success`
   */
  async create(options: CreateOptions): Promise<string[]> {
    const sessions = new Sessions(await this.#connection());
    try {
      return await sessions.launch(launchRequestOf(options));
    } catch (error) {
      const partial = error instanceof CanfarError && error.code === "command.partial_success";
      if (partial && this.#errors === "ignore") return error.details.ids as string[];
      throw error;
    }
  }

  /** The caller's Sessions. */
  async fetch(filter: { kind?: SessionKind; status?: string } = {}): Promise<WireSession[]> {
    const { transport } = await this.#connection();
    const query = { type: filter.kind, status: filter.status };
    return await transport.json({ method: "GET", path: "session", query }, z.array(asSent));
  }

  /** Load of the server. */
  async stats(): Promise<PlatformStats> {
    const { transport } = await this.#connection();
    return await transport.json(
      { method: "GET", path: "session", query: { view: "stats" } },
      platformStatsSchema,
    );
  }

  /** @throws CanfarError as `forEachId` says, also in the methods below */
  async info(ids: Ids): Promise<WireSession[]> {
    const { transport } = await this.#connection();
    const found = await this.#forEach(ids, async (id) => {
      return await transport.json({ method: "GET", path: `session/${encodeURIComponent(id)}` }, asSent);
    });
    return found.map(([, session]) => session);
  }

  /** Output by id. */
  async logs(ids: Ids): Promise<Record<string, string>> {
    return Object.fromEntries(await this.#forEach(ids, async (id) => await this.#view(id, "logs")));
  }

  /** Tables of events, one object with the id as its key for each. */
  async events(ids: Ids): Promise<Record<string, string>[]> {
    const found = await this.#forEach(ids, async (id) => await this.#view(id, "events"));
    return found.map(([id, text]) => ({ [id]: text }));
  }

  /** Ends Sessions; true by id. With `errors: "ignore"` false for one that failed. */
  async destroy(ids: Ids): Promise<Record<string, boolean>> {
    const sessions = new Sessions(await this.#connection());
    return await this.#succeeded(ids, async (id) => await sessions.delete(id));
  }

  /** Gives Sessions their full life again; results as `destroy`. */
  async renew(ids: Ids): Promise<Record<string, boolean>> {
    const sessions = new Sessions(await this.#connection());
    return await this.#succeeded(ids, async (id) => await sessions.renew(id));
  }

  /**
   * Ends Sessions by the beginning of their names. A prefix with one of `.^$*+?{}[]()|` in it is a regular expression
   * that may fit anywhere in the name.
   *
   * @throws CanfarError `request.invalid` for a bad expression
   */
  async destroyWith(options: {
    readonly prefix: string;
    readonly kind?: SessionKind;
    readonly status?: string;
  }): Promise<Record<string, boolean>> {
    const { prefix, kind = "headless", status = "Completed" } = options;
    const fits = namePattern(prefix);
    const sessions = await this.fetch({ kind, status });
    return await this.destroy(
      sessions.filter(({ name }) => fits.test(String(name ?? ""))).map(({ id }) => id),
    );
  }

  /** Shows the running ones among the Sessions in the browser. @returns their addresses */
  async connect(ids: Ids): Promise<string[]> {
    const open = this.#options.open ?? openBrowser;
    const running = (await this.info(ids)).filter(({ status }) => status === "Running");
    const addresses = await Promise.all(running.map(async (session) => await this.#address(session)));
    const shown = addresses.filter((address) => address !== "");
    for (const address of shown) await open(address);
    return shown;
  }

  async #address({ id, connectURL }: WireSession): Promise<string> {
    const connection = await this.#connection();
    const { tickets } = await connection.features();
    return tickets && connectURL ? (await new Sessions(connection).ticket(id)).url : String(connectURL ?? "");
  }

  async #view(id: string, view: "logs" | "events"): Promise<string> {
    const { transport } = await this.#connection();
    return await transport.text({
      method: "GET",
      path: `session/${encodeURIComponent(id)}`,
      query: { view },
    });
  }

  async #succeeded(ids: Ids, action: (id: string) => Promise<void>): Promise<Record<string, boolean>> {
    const done = await this.#forEach(ids, async (id) => {
      await action(id);
      return true;
    });
    const all = typeof ids === "string" ? [ids] : ids;
    return { ...Object.fromEntries(all.map((id) => [id, false])), ...Object.fromEntries(done) };
  }

  async #forEach<R>(ids: Ids, action: (id: string) => Promise<R>): Promise<[string, R][]> {
    const { concurrency } = await this.#connection();
    return await forEachId(ids, { limit: concurrency, errors: this.#errors }, action);
  }

  get #errors(): "raise" | "ignore" {
    return this.#options.errors ?? "raise";
  }

  async #connection(): Promise<Connection> {
    this.#opening ??= openConnection(this.#options).catch((error: unknown) => {
      this.#opening = undefined;
      throw error;
    });
    return await this.#opening;
  }
}

/** Upstream's rule: special characters make it an expression. */
function namePattern(prefix: string): RegExp {
  if (!/[.^$*+?{}[\]()|]/.test(prefix)) return new RegExp(`^${prefix.replace(/[\\/]/g, "\\$&")}`);
  try {
    return new RegExp(prefix);
  } catch (error) {
    throw new CanfarError("request.invalid", {
      message: `'${prefix}' is not a regular expression`,
      hint: "Write the beginning of the names, or a valid expression.",
      cause: error,
    });
  }
}

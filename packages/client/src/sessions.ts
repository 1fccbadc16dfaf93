import {
  CanfarError,
  type Forecast,
  forecastSchema,
  isEnded,
  type LaunchRequestInput,
  type PendingReasonAnswer,
  pendingReasonSchema,
  routePath,
  SESSION_ID_PATTERN,
  type Session,
  type SessionEvent,
  type SessionKind,
  type SessionStatus,
  sessionEventSchema,
} from "@canfar/contract";
import { decodeEventsTable, decodeSession, wireSessionSchema } from "@canfar/contract/wire";
import { z } from "zod";
import type { Connection } from "./connection.ts";
import { checkLaunchRequest, launch } from "./launch.ts";
import { type LogOptions, sessionLogs } from "./logs/session-logs.ts";
import { selectSession } from "./select-session.ts";
import { unsupported } from "./unsupported.ts";

/** A one-time address that opens a Session in a browser. */
export interface Ticket {
  readonly url: string;
  /** ISO 8601. */
  readonly expiresAt: string;
}

const ticketSchema = z.object({ url: z.url({ protocol: /^https?$/ }), expiresAt: z.string() });

/** Sessions of one user on one server. */
export class Sessions {
  readonly #connection: Connection;

  constructor(connection: Connection) {
    this.#connection = connection;
  }

  /**
   * Launches a Session, or with `replicas` a Group.
   *
   * @returns ids in the order of the Replicas
   * @throws CanfarError the server's refusal; `command.partial_success` with `ids` and `failures` in its details;
   * `request.invalid`, `session.invalid_name`, `image.invalid_reference` before anything is sent
   */
  async launch(request: LaunchRequestInput, options: { signal?: AbortSignal } = {}): Promise<string[]> {
    return (await launch(this.#connection, request, options.signal)).sessions;
  }

  /** The caller's Sessions, ended ones included, in the server's order. */
  async list(
    options: {
      kind?: SessionKind | undefined;
      status?: SessionStatus | undefined;
      signal?: AbortSignal;
    } = {},
  ): Promise<Session[]> {
    const sessions = await this.#connection.transport.json(
      {
        method: "GET",
        path: "session",
        query: { type: options.kind, status: options.status },
        signal: options.signal,
      },
      z.array(wireSessionSchema),
    );
    return sessions.map(decodeSession);
  }

  /** One Session. @throws CanfarError `session.not_found` */
  async get(id: string): Promise<Session> {
    const request = { method: "GET", path: sessionPath(id) } as const;
    return decodeSession(await this.#connection.transport.json(request, wireSessionSchema));
  }

  /**
   * The Session's output, both of its streams. Each item is one line with its line end; joined together they are the
   * output, byte for byte as text.
   *
   * With `follow` it goes on until the Session has ended, across broken connections and restarts of the server;
   * a server that cannot follow is asked again and again.
   *
   * @throws CanfarError `session.not_found`; `request.unsupported` for `since` and `timestamps` on a server that has no
   * times
   */
  logs(id: string, options: LogOptions = {}): AsyncGenerator<string> {
    return sessionLogs(
      this.#connection,
      { id, path: sessionPath(id), hasEnded: () => this.#hasEnded(id) },
      options,
    );
  }

  /** What happened to the Session, oldest first. @throws CanfarError `session.not_found` */
  async events(id: string): Promise<SessionEvent[]> {
    const { transport } = this.#connection;
    const { logs: json } = await this.#connection.features();
    const query = json ? { view: "events", format: "json" } : { view: "events" };
    const request = { method: "GET", path: sessionPath(id), query } as const;
    return json
      ? await transport.json(request, z.array(sessionEventSchema))
      : decodeEventsTable(await transport.text(request));
  }

  /**
   * What the Session waits for, what would let it start, its place in the queue, and when that may be.
   *
   * @throws CanfarError `session.not_found`; `request.unsupported` on a server that does not say
   */
  async why(id: string): Promise<PendingReasonAnswer> {
    const { groups } = await this.#connection.features();
    if (!groups) throw unsupported(this.#connection.server.name, "does not say what Sessions wait for");
    const path = routePath("whySession", { id: checkId(id) });
    return await this.#connection.transport.json({ method: "GET", path }, pendingReasonSchema);
  }

  /**
   * What a launch would come to if it was made now: refused, started, or how long it would wait. Nothing is launched.
   *
   * @returns null on a server that makes no forecasts
   * @throws CanfarError `request.invalid`, `session.invalid_name`, `image.invalid_reference` before anything is sent
   */
  async forecast(request: LaunchRequestInput): Promise<Forecast | null> {
    const checked = checkLaunchRequest(request);
    if (!(await this.#connection.features()).groups) return null;
    const path = routePath("forecastLaunch");
    const question = { method: "POST", path, json: checked, repeatable: true } as const;
    return await this.#connection.transport.json(question, forecastSchema);
  }

  /** Ends the Session and takes it off the list. @throws CanfarError `session.not_found` */
  async delete(id: string): Promise<void> {
    try {
      await this.#connection.transport.text({ method: "DELETE", path: sessionPath(id) });
    } catch (error) {
      // The first request was done, only its answer was lost.
      const again = error instanceof CanfarError && Number(error.details.attempts) > 1;
      if (again && error.code === "session.not_found") return;
      throw error;
    }
  }

  /** Gives the Session its full life again from now. @throws CanfarError `session.not_found` */
  async renew(id: string): Promise<void> {
    const form = new URLSearchParams({ action: "renew" });
    // In the address as well: that is where upstream's client puts it.
    const query = { action: "renew" };
    await this.#connection.transport.text({ method: "POST", path: sessionPath(id), query, form });
  }

  /**
   * A one-time address that opens the Session in a browser without another login.
   *
   * @throws CanfarError `request.unsupported` where the server has none: open `connectUrl` then
   */
  async ticket(id: string): Promise<Ticket> {
    const { tickets } = await this.#connection.features();
    if (!tickets) throw unsupported(this.#connection.server.name, "has no one-time addresses");
    const path = routePath("createTicket", { id: checkId(id) });
    return await this.#connection.transport.json({ method: "POST", path }, ticketSchema);
  }

  /**
   * The Session that a user means: `@last`, an id, a name, or the beginning of an id that fits only one.
   *
   * @throws CanfarError `session.not_found`, `session.ambiguous`
   */
  async resolve(selector: string): Promise<Session> {
    if (!SESSION_ID_PATTERN.test(selector)) return selectSession(await this.list(), selector);
    try {
      return await this.get(selector);
    } catch (error) {
      // Eight letters may also be a name.
      if (!(error instanceof CanfarError) || error.code !== "session.not_found") throw error;
      return selectSession(await this.list(), selector);
    }
  }

  async #hasEnded(id: string): Promise<boolean> {
    try {
      return isEnded((await this.get(id)).status);
    } catch (error) {
      if (error instanceof CanfarError && error.code === "session.not_found") return true;
      throw error;
    }
  }
}

function sessionPath(id: string): string {
  return `session/${encodeURIComponent(checkId(id))}`;
}

/** Also keeps `.` and `..` out, which would name another resource. */
function checkId(id: string): string {
  if (/^[A-Za-z0-9][A-Za-z0-9_.-]*$/.test(id)) return id;
  throw new CanfarError("session.not_found", {
    message: `'${id}' is not the id of a Session`,
    hint: "List your Sessions with `canfar ps --all`.",
  });
}

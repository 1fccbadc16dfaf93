import { CanfarError } from "@canfar/contract";
import { systemClock } from "./clock.ts";

/** Where a Session listens. */
export interface SessionTarget {
  readonly host: string;
  readonly port: number;
}

/** One Session as the proxy sees it. */
export interface SessionRoute {
  readonly sessionId: string;
  /** Public path with a trailing slash, e.g. `/session/notebook/abcd1234/`. */
  readonly prefix: string;
  /** Remove `prefix` (all but its last slash) before forwarding. */
  readonly stripsPrefix: boolean;
  readonly owner: string;
  /** Where to forward; null while the Session starts or after it ended. */
  readonly target: SessionTarget | null;
  /** What the waiting page says. */
  readonly state: "starting" | "ready" | "ended";
  /** One sentence: what it waits for, or why it ended. */
  readonly message: string;
  /**
   * Credential of the Session's own server, e.g. `token <secret>` for Jupyter: sent with every admitted request that
   * brings none of its own, so that an owner never meets a second login.
   */
  readonly inject?: { readonly authorization: string };
  /** When the Session was asked for, in milliseconds since 1970; without it, when the table first saw the route. */
  readonly requestedAt?: number;
}

/** Told about each change; `route` is null when the Session's route is gone. */
export type RouteListener = (sessionId: string, route: SessionRoute | null) => void;

interface Entry {
  readonly route: SessionRoute;
  readonly firstSeen: number;
  /** When the route last became ready; null while it is not. */
  readonly readySince: number | null;
}

/** The Sessions that have pages: found by id, and by the longest prefix of a request's path. */
export class RouteTable {
  readonly #now: () => number;
  readonly #byId = new Map<string, Entry>();
  readonly #byPrefix = new Map<string, Entry>();
  readonly #listeners = new Set<RouteListener>();
  /** Slashes in the deepest prefix ever seen: the search looks no further, however long a path is. */
  #depth = 0;

  constructor({ now = systemClock }: { readonly now?: () => number } = {}) {
    this.#now = now;
  }

  /**
   * Adds a Session's route or replaces it, and tells the listeners.
   *
   * @throws CanfarError `server.internal` when the prefix is no folder path, or belongs to another Session
   */
  set(route: SessionRoute): void {
    this.#check(route);
    const before = this.#byId.get(route.sessionId);
    if (before !== undefined) this.#byPrefix.delete(before.route.prefix);
    const ready = isReady(route);
    const entry: Entry = {
      route,
      firstSeen: before?.firstSeen ?? this.#now(),
      readySince: ready ? (before?.readySince ?? this.#now()) : null,
    };
    this.#byId.set(route.sessionId, entry);
    this.#byPrefix.set(route.prefix, entry);
    this.#depth = Math.max(this.#depth, route.prefix.split("/").length - 1);
    this.#tell(route.sessionId, route);
  }

  /** Forgets a Session; its open connections are closed. Unknown ids are no error. */
  remove(sessionId: string): void {
    const entry = this.#byId.get(sessionId);
    if (entry === undefined) return;
    this.#byId.delete(sessionId);
    this.#byPrefix.delete(entry.route.prefix);
    this.#tell(sessionId, null);
  }

  get(sessionId: string): SessionRoute | undefined {
    return this.#byId.get(sessionId)?.route;
  }

  /** The route with the longest prefix of `pathname`, compared byte by byte, or null. */
  match(pathname: string): SessionRoute | null {
    let found: SessionRoute | null = null;
    let slash = pathname.indexOf("/");
    for (let depth = 0; slash !== -1 && depth < this.#depth; depth += 1) {
      found = this.#byPrefix.get(pathname.slice(0, slash + 1))?.route ?? found;
      slash = pathname.indexOf("/", slash + 1);
    }
    return found;
  }

  /** Milliseconds since the Session was asked for; 0 for unknown ids. */
  elapsed(sessionId: string): number {
    const entry = this.#byId.get(sessionId);
    return entry === undefined ? 0 : Math.max(0, this.#now() - (entry.route.requestedAt ?? entry.firstSeen));
  }

  /** Milliseconds since the Session became ready; null while it is not. */
  readyFor(sessionId: string): number | null {
    const since = this.#byId.get(sessionId)?.readySince ?? null;
    return since === null ? null : Math.max(0, this.#now() - since);
  }

  /** Calls `listener` after each change, until the returned function is called. */
  onChange(listener: RouteListener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  #check(route: SessionRoute): void {
    const other = this.#byPrefix.get(route.prefix)?.route.sessionId ?? route.sessionId;
    const isFolder = route.prefix.startsWith("/") && route.prefix.endsWith("/");
    if (isFolder && other === route.sessionId) return;
    throw new CanfarError("server.internal", {
      message: isFolder
        ? `the prefix ${route.prefix} of session ${route.sessionId} belongs to session ${other}`
        : `the prefix ${JSON.stringify(route.prefix)} of session ${route.sessionId} must start and end with '/'`,
    });
  }

  #tell(sessionId: string, route: SessionRoute | null): void {
    for (const listener of [...this.#listeners]) listener(sessionId, route);
  }
}

/** True when requests can be forwarded. */
export function isReady(route: SessionRoute): route is SessionRoute & { readonly target: SessionTarget } {
  return route.state === "ready" && route.target !== null;
}

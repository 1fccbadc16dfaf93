import { KIND_CONTRACTS, type SessionKind, sessionPath } from "@canfar/contract";
import type { SessionRoute } from "@canfar/proxy";
import type { Records } from "../records/records.ts";
import type { SessionRecord } from "../records/session-store.ts";

/** The proxy's route table, as far as the platform fills it. */
export interface RouteSink {
  set(route: SessionRoute): void;
  remove(sessionId: string): void;
}

/** Ended Sessions whose page still says why they ended; older ones are simply not found. */
const MAX_ENDED = 200;

type Routed = Pick<SessionRecord, "id" | "username" | "phase" | "message" | "createdAt"> & {
  readonly kind: SessionKind;
};

/** Keeps the proxy's route table in step with the records of interactive Sessions. */
export class SessionRoutes {
  readonly #sink: RouteSink;
  readonly #ended: string[] = [];

  constructor(sink: RouteSink) {
    this.#sink = sink;
  }

  /** @param target where the Session answers, once it does */
  show(session: Routed, target: SessionRoute["target"] = null): void {
    const prefix = sessionPath(session.kind, session.id);
    if (prefix === null) return;
    const ended = session.phase === "ended";
    this.#sink.set({
      sessionId: session.id,
      prefix,
      stripsPrefix: KIND_CONTRACTS[session.kind].stripsPrefix,
      owner: session.username,
      target: ended ? null : target,
      state: ended ? "ended" : target === null ? "starting" : "ready",
      message: session.message ?? "",
      requestedAt: Date.parse(session.createdAt),
      // Jupyter's own token (JUPYTER_TOKEN, see the launch planner): who was admitted is not asked again.
      ...(session.kind === "notebook" ? { inject: { authorization: `token ${session.id}` } } : {}),
    });
    if (ended) this.#remember(session.id);
  }

  /** After a start of the platform: active Sessions get their waiting page, until the driver tells where they answer. */
  restore(records: Records): void {
    for (const session of records.sessions.active()) {
      const group = records.groups.find(session.groupId);
      if (group?.interactive && session.deletedAt === null) this.show({ ...session, kind: group.kind });
    }
  }

  remove(sessionId: string): void {
    this.#sink.remove(sessionId);
  }

  #remember(sessionId: string): void {
    this.#ended.push(sessionId);
    if (this.#ended.length <= MAX_ENDED) return;
    const oldest = this.#ended.shift();
    if (oldest !== undefined) this.#sink.remove(oldest);
  }
}

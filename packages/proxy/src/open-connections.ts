import type { SessionTarget } from "./route-table.ts";

interface OpenConnection {
  readonly target: SessionTarget | null;
  readonly end: () => void;
}

/** Everything under way, by Session, so that it ends when the Session's route goes. */
export class OpenConnections {
  readonly #bySession = new Map<string, Set<OpenConnection>>();

  /**
   * @param target where it leads; null for connections that end with the proxy itself
   * @returns a function that forgets it, to be called when it has ended
   */
  add(sessionId: string, target: SessionTarget | null, end: () => void): () => void {
    const connection: OpenConnection = { target, end };
    const open = this.#bySession.get(sessionId) ?? new Set();
    open.add(connection);
    this.#bySession.set(sessionId, open);
    return () => {
      open.delete(connection);
      if (open.size === 0 && this.#bySession.get(sessionId) === open) this.#bySession.delete(sessionId);
    };
  }

  /** Ends what leads somewhere else than to `target`; with null, everything that leads to the Session. */
  endStale(sessionId: string, target: SessionTarget | null): void {
    for (const connection of [...(this.#bySession.get(sessionId) ?? [])]) {
      const leads = connection.target;
      if (leads !== null && !(leads.host === target?.host && leads.port === target.port)) connection.end();
    }
  }

  endAll(): void {
    for (const open of [...this.#bySession.values()]) for (const { end } of [...open]) end();
  }
}

/** Tells those who wait that something about a Session changed. Holds nothing but the waiters. */
export class SessionChanges {
  readonly #waiting = new Map<string, Set<() => void>>();

  tell(sessionId: string): void {
    const waiting = this.#waiting.get(sessionId);
    this.#waiting.delete(sessionId);
    for (const wake of waiting ?? []) wake();
  }

  /** Resolves at the next change, or when `signal` aborts. */
  next(sessionId: string, signal: AbortSignal): Promise<void> {
    if (signal.aborted) return Promise.resolve();
    return new Promise((resolve) => {
      const wake = () => {
        signal.removeEventListener("abort", wake);
        const waiting = this.#waiting.get(sessionId);
        waiting?.delete(wake);
        if (waiting?.size === 0) this.#waiting.delete(sessionId);
        resolve();
      };
      signal.addEventListener("abort", wake, { once: true });
      const waiting = this.#waiting.get(sessionId) ?? new Set();
      this.#waiting.set(sessionId, waiting.add(wake));
    });
  }
}

/** One Session as the proxy sees it. */
export interface SessionRoute {
  readonly sessionId: string;
  /** Public path with a trailing slash, e.g. `/session/notebook/abcd1234/`. */
  readonly prefix: string;
  /** Remove `prefix` (all but its last slash) before forwarding. */
  readonly stripsPrefix: boolean;
  readonly owner: string;
  /** Where to forward; null while the Session starts or after it ended. */
  readonly target: { readonly host: string; readonly port: number } | null;
  /** What the waiting page says. */
  readonly state: "starting" | "ready" | "ended";
  /** One sentence: what it waits for, or why it ended. */
  readonly message: string;
}

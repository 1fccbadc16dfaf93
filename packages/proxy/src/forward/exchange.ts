import type { IncomingMessage } from "node:http";
import type { SessionTarget } from "../route-table.ts";

/** What both kinds of forwarding, requests and upgrades, need to know. */
export interface Forwarding {
  readonly request: IncomingMessage;
  readonly target: SessionTarget;
  /** Origin-form, as the Session gets it. */
  readonly path: string;
  /** End-to-end headers, flat. */
  readonly headers: readonly string[];
  /** Milliseconds. */
  readonly connectTimeout: number;
  /** Filters the Session's answer. */
  responseHeaders(response: IncomingMessage): string[];
  /** The Session answered with this status. */
  onAnswer(status: number): void;
  /** The connection broke after the answer had begun. */
  onBroken(error: Error): void;
}

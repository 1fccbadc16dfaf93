import type { DatabaseSync } from "node:sqlite";
import type { Clock } from "../../clock.ts";
import type { Lifetimes } from "../lifetimes.ts";
import { hashSecret, newSecret } from "../secret.ts";

/** Tickets: one-time addresses by which the `canfar` command opens a Session in a browser that is not logged in. */
export class Tickets {
  readonly #clock: Clock;
  readonly #lifetimes: Lifetimes;
  readonly #insert;
  readonly #redeem;
  readonly #purge;

  constructor(options: { database: DatabaseSync; clock: Clock; lifetimes: Lifetimes }) {
    const { database } = options;
    this.#clock = options.clock;
    this.#lifetimes = options.lifetimes;
    this.#insert = database.prepare(
      "INSERT INTO tickets (secret_hash, username, session_id, path, expires_at) VALUES (?, ?, ?, ?, ?)",
    );
    // One statement finds and removes it: of two that come at once, one gets the row.
    this.#redeem = database.prepare(`
      DELETE FROM tickets WHERE secret_hash = ? AND session_id = ? AND path = ? AND expires_at > ?
      RETURNING username`);
    this.#purge = database.prepare("DELETE FROM tickets WHERE expires_at <= ?");
  }

  /** @param options.path path and query below the origin, e.g. `/session/notebook/abcd1234/lab?token=abcd1234` */
  issue(options: { username: string; sessionId: string; path: string }): { ticket: string; expiresAt: Date } {
    const ticket = newSecret();
    const expiresAt = new Date(this.#clock.now().getTime() + this.#lifetimes.ticket * 1000);
    this.#insert.run(
      hashSecret(ticket),
      options.username,
      options.sessionId,
      options.path,
      expiresAt.getTime(),
    );
    return { ticket, expiresAt };
  }

  /** Uses the ticket up. @returns its user, or null where it is used, expired, or for something else */
  redeem(options: { ticket: string; sessionId: string; path: string }): string | null {
    const { ticket, sessionId, path } = options;
    const row = this.#redeem.get(hashSecret(ticket), sessionId, path, this.#clock.now().getTime());
    return row === undefined ? null : String(row.username);
  }

  purge(): void {
    this.#purge.run(this.#clock.now().getTime());
  }
}

const PARAMETER = "ticket=";

/** Puts the ticket into an address, before its fragment. */
export function withTicket(address: string, ticket: string): string {
  const [beforeFragment = "", ...fragment] = address.split("#");
  const joined = `${beforeFragment}${beforeFragment.includes("?") ? "&" : "?"}${PARAMETER}${ticket}`;
  return [joined, ...fragment].join("#");
}

/** Takes the ticket out of a request's target; all else stays exactly as it was. */
export function splitTicket(target: string): { path: string; ticket: string | null } {
  const [pathname = "", ...rest] = target.split("?");
  const parts = rest
    .join("?")
    .split("&")
    .filter((part) => part !== "");
  const ticket = parts.find((part) => part.startsWith(PARAMETER))?.slice(PARAMETER.length) ?? null;
  if (ticket === null) return { path: target, ticket };
  const query = parts.filter((part) => !part.startsWith(PARAMETER)).join("&");
  return { path: query === "" ? pathname : `${pathname}?${query}`, ticket };
}

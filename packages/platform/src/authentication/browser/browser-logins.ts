import type { DatabaseSync } from "node:sqlite";
import type { Clock } from "../../clock.ts";
import type { Lifetimes } from "../lifetimes.ts";
import { hashSecret, newSecret } from "../secret.ts";

/** Name of the cookie that opens Session pages; no Session ever sees it. */
export const SESSION_COOKIE = "canfar_session";

/** A row is written at most so often, however many requests a page makes. */
const TOUCH_MS = 5 * 60_000;

/** Browsers that may open Session pages: a cookie in the browser, a row here that can be revoked. */
export class BrowserLogins {
  readonly #clock: Clock;
  readonly #lifetimes: Lifetimes;
  readonly #secure: boolean;
  readonly #insert;
  readonly #find;
  readonly #touch;
  readonly #delete;
  readonly #deleteOfUser;
  readonly #purge;

  /** @param options.secure the platform is reached by https */
  constructor(options: { database: DatabaseSync; clock: Clock; lifetimes: Lifetimes; secure: boolean }) {
    const { database } = options;
    this.#clock = options.clock;
    this.#lifetimes = options.lifetimes;
    this.#secure = options.secure;
    this.#insert = database.prepare(
      "INSERT INTO browser_logins (secret_hash, username, created_at, seen_at) VALUES (?, ?, ?, ?)",
    );
    this.#find = database.prepare(
      "SELECT username, seen_at FROM browser_logins WHERE secret_hash = ? AND created_at > ? AND seen_at > ?",
    );
    this.#touch = database.prepare("UPDATE browser_logins SET seen_at = ? WHERE secret_hash = ?");
    this.#delete = database.prepare("DELETE FROM browser_logins WHERE secret_hash = ?");
    this.#deleteOfUser = database.prepare("DELETE FROM browser_logins WHERE username = ?");
    this.#purge = database.prepare("DELETE FROM browser_logins WHERE created_at <= ? OR seen_at <= ?");
  }

  /** @returns the `Set-Cookie` that lets the browser in */
  start(username: string): string {
    const secret = newSecret();
    const now = this.#clock.now().getTime();
    this.#insert.run(hashSecret(secret), username, now, now);
    return this.#cookie(secret, this.#lifetimes.browserLogin);
  }

  /** Whose browser sent this `Cookie` header, or null. */
  find(cookieHeader: string | undefined): string | null {
    const now = this.#clock.now().getTime();
    for (const secret of secretsIn(cookieHeader)) {
      const hash = hashSecret(secret);
      const row = this.#find.get(hash, ...this.#oldest(now));
      if (row === undefined) continue;
      if (now - Number(row.seen_at) > TOUCH_MS) this.#touch.run(now, hash);
      return String(row.username);
    }
    return null;
  }

  /** Ends the login of this browser. @returns the `Set-Cookie` that removes the cookie */
  end(cookieHeader: string | undefined): string {
    for (const secret of secretsIn(cookieHeader)) this.#delete.run(hashSecret(secret));
    return this.#cookie("", 0);
  }

  endAll(username: string): void {
    this.#deleteOfUser.run(username);
  }

  purge(): void {
    this.#purge.run(...this.#oldest(this.#clock.now().getTime()));
  }

  #oldest(now: number): [createdAt: number, seenAt: number] {
    return [now - this.#lifetimes.browserLogin * 1000, now - this.#lifetimes.browserIdle * 1000];
  }

  /**
   * Lax, not Strict: a link to a notebook in a mail has to work. Path `/session/`: nothing else takes the cookie. Not
   * signed: 256 random bits that must be in the table cannot be made up, so a signature would add nothing.
   */
  #cookie(value: string, maxAge: number): string {
    const secure = this.#secure ? "; Secure" : "";
    return `${SESSION_COOKIE}=${value}; Path=/session/; Max-Age=${maxAge}; HttpOnly; SameSite=Lax${secure}`;
  }
}

/** Every cookie of our name: another port of the same machine may have set one too. */
function secretsIn(cookieHeader: string | undefined): string[] {
  return (cookieHeader ?? "")
    .split(";")
    .map((pair) => pair.trim())
    .filter((pair) => pair.startsWith(`${SESSION_COOKIE}=`))
    .map((pair) => pair.slice(SESSION_COOKIE.length + 1))
    .filter((value) => value !== "")
    .slice(0, 4);
}

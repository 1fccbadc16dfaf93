import type { User } from "@canfar/contract";
import type { Log } from "../../log.ts";
import type { Accounts } from "./accounts.ts";
import type { LoginThrottle } from "./login-throttle.ts";

export type LoginResult =
  | { readonly kind: "user"; readonly user: User }
  /** Unknown username or wrong password: nobody hears which. */
  | { readonly kind: "wrong"; readonly message: string }
  | { readonly kind: "wait"; readonly message: string; readonly seconds: number };

/** Passwords checked at the same time: each takes 32 MiB and a core. */
const MAX_AT_ONCE = 2;
/** Logins that may wait for their turn; more are turned away, or their memory would pile up. */
const MAX_WAITING = 100;

/** The one way in by username and password; the terminal and the login pages share it and its throttle. */
export class PasswordLogin {
  readonly #accounts: Accounts;
  readonly #throttle: LoginThrottle;
  readonly #log: Log;
  readonly #waiting: (() => void)[] = [];
  #running = 0;

  constructor(options: { accounts: Accounts; throttle: LoginThrottle; log: Log }) {
    this.#accounts = options.accounts;
    this.#throttle = options.throttle;
    this.#log = options.log;
  }

  async attempt(username: string, password: string): Promise<LoginResult> {
    if (this.#waiting.length >= MAX_WAITING) return wait(5, "too many logins at once");
    const seconds = this.#throttle.begin(username);
    if (seconds > 0) {
      this.#log.warn("login throttled", { username: username.slice(0, 64), seconds });
      return wait(seconds, "too many failed logins");
    }
    const user = await this.#inTurn(() => this.#accounts.verify(username, password));
    if (user === null) {
      this.#log.warn("login failed", { username: username.slice(0, 64) });
      return { kind: "wrong", message: "the username or the password is wrong" };
    }
    this.#throttle.succeeded(username);
    this.#log.info("login", { username: user.username });
    return { kind: "user", user };
  }

  async #inTurn<T>(work: () => Promise<T>): Promise<T> {
    if (this.#running >= MAX_AT_ONCE) await new Promise<void>((resolve) => this.#waiting.push(resolve));
    else this.#running += 1;
    try {
      return await work();
    } finally {
      // The turn is handed on, not given back, so that nobody can come between.
      const next = this.#waiting.shift();
      if (next === undefined) this.#running -= 1;
      else next();
    }
  }
}

function wait(seconds: number, reason: string): LoginResult {
  const time = seconds === 1 ? "1 second" : `${seconds} seconds`;
  return { kind: "wait", seconds, message: `${reason}; try again in ${time}` };
}

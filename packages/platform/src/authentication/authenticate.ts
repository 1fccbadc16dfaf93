import { CanfarError } from "@canfar/contract";
import type { Provider } from "oidc-provider";
import type { Clock } from "../clock.ts";
import type { Accounts } from "./accounts/accounts.ts";
import type { Caller } from "./caller.ts";
import { SessionCredentials } from "./session-credentials.ts";

const HINT = "Run `canfar login`.";
/** RFC 6750 section 2.1; the scheme's case does not matter (RFC 9110 section 11.1). */
const BEARER = /^Bearer +([A-Za-z0-9._~+/-]+=*) *$/i;

/** Finds out who calls, by an `Authorization` header: a login's access token, or a Session's credential. */
export class BearerAuthenticator {
  readonly #provider: Provider;
  readonly #accounts: Accounts;
  readonly #sessions: SessionCredentials;
  readonly #clock: Clock;

  constructor(options: {
    provider: Provider;
    accounts: Accounts;
    sessions: SessionCredentials;
    clock: Clock;
  }) {
    this.#provider = options.provider;
    this.#accounts = options.accounts;
    this.#sessions = options.sessions;
    this.#clock = options.clock;
  }

  /** @throws CanfarError authentication.required | authentication.expired | authentication.credential_invalid */
  async authenticate(authorization: string | undefined): Promise<Caller> {
    if (authorization === undefined || authorization.trim() === "") {
      throw new CanfarError("authentication.required", { message: "this needs a login", hint: HINT });
    }
    const value = BEARER.exec(authorization)?.[1];
    if (value === undefined) throw invalid("the Authorization header holds no bearer token");
    if (SessionCredentials.isOne(value)) return await this.#sessionOf(value);
    const token = await this.#provider.AccessToken.find(value, { ignoreExpiration: true });
    if (token === undefined) throw invalid("the access token is unknown here, or was revoked");
    if ((token.exp ?? 0) * 1000 <= this.#clock.now().getTime()) {
      throw new CanfarError("authentication.expired", {
        message: "the access token has expired",
        hint: HINT,
      });
    }
    const user = this.#accounts.find(token.accountId);
    if (user === null) throw invalid("the account of this access token is gone");
    return { user, session: null };
  }

  /** A program that runs for an administrator has no more rights than one of anybody else. */
  async #sessionOf(token: string): Promise<Caller> {
    const { username, sessionId } = await this.#sessions.verify(token);
    const user = this.#accounts.find(username);
    if (user === null) throw invalid("the account of this session's user is gone");
    return { user: { ...user, administrator: false }, session: sessionId };
  }
}

function invalid(message: string): CanfarError {
  return new CanfarError("authentication.credential_invalid", { message, hint: HINT });
}

import { CanfarError, type User } from "@canfar/contract";
import type { Provider } from "oidc-provider";
import type { Clock } from "../clock.ts";
import type { Accounts } from "./accounts/accounts.ts";

const HINT = "Run `canfar login`.";
/** RFC 6750 section 2.1; the scheme's case does not matter (RFC 9110 section 11.1). */
const BEARER = /^Bearer +([A-Za-z0-9._~+/-]+=*) *$/i;

/** Finds the user of an `Authorization` header. */
export class BearerAuthenticator {
  readonly #provider: Provider;
  readonly #accounts: Accounts;
  readonly #clock: Clock;

  constructor(options: { provider: Provider; accounts: Accounts; clock: Clock }) {
    this.#provider = options.provider;
    this.#accounts = options.accounts;
    this.#clock = options.clock;
  }

  /** @throws CanfarError authentication.required | authentication.expired | authentication.credential_invalid */
  async authenticate(authorization: string | undefined): Promise<User> {
    if (authorization === undefined || authorization.trim() === "") {
      throw new CanfarError("authentication.required", { message: "this needs a login", hint: HINT });
    }
    const value = BEARER.exec(authorization)?.[1];
    if (value === undefined) throw invalid("the Authorization header holds no bearer token");
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
    return user;
  }
}

function invalid(message: string): CanfarError {
  return new CanfarError("authentication.credential_invalid", { message, hint: HINT });
}

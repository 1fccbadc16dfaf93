import { randomBytes } from "node:crypto";
import { errors, type KoaContextWithOIDC } from "oidc-provider";
import type { Clock } from "../../clock.ts";
import { DEVICE_CODE_GRANT } from "./clients.ts";

const MAX_REGISTRATIONS_A_MINUTE = 60;
const MINUTE_MS = 60_000;
const ALLOWED_GRANTS: readonly string[] = [DEVICE_CODE_GRANT, "refresh_token"];

/**
 * Dynamic registration (RFC 7591), for the Python client: it registers itself at every login. Such a client gets the
 * device flow and nothing else; anybody may register, so it must not be able to collect passwords or redirect browsers.
 */
export class Registration {
  readonly #clock: Clock;
  #minute = { startedAt: 0, count: 0 };

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /**
   * Makes the new client's id. oidc-provider asks for the id before it reads the request's body, and offers no other
   * place to look at the body first.
   *
   * @throws errors.OIDCProviderError `temporarily_unavailable`, `invalid_client_metadata`
   */
  readonly newClientId = (context: KoaContextWithOIDC): string => {
    this.#limit();
    const metadata: Record<string, unknown> = context.oidc.body ?? {};
    const grants = metadata.grant_types ?? ALLOWED_GRANTS;
    if (!Array.isArray(grants) || !grants.every((grant) => ALLOWED_GRANTS.includes(grant))) {
      throw new errors.InvalidClientMetadata(`grant_types may only hold ${ALLOWED_GRANTS.join(" and ")}`);
    }
    metadata.grant_types = grants;
    // Meaningless for these grants; the Python client sends ["token"], which oidc-provider would refuse.
    metadata.response_types = [];
    metadata.redirect_uris = [];
    return randomBytes(16).toString("base64url");
  };

  #limit(): void {
    const now = this.#clock.now().getTime();
    if (now - this.#minute.startedAt >= MINUTE_MS) this.#minute = { startedAt: now, count: 0 };
    this.#minute.count += 1;
    if (this.#minute.count > MAX_REGISTRATIONS_A_MINUTE) {
      throw new errors.TemporarilyUnavailable("too many registrations; try again in a minute");
    }
  }
}

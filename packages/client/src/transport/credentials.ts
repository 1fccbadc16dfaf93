/** Value of `X-Skaha-Authentication-Type` for each kind of bearer token (upstream's vocabulary). */
export type AuthenticationType = "OIDC" | "RUNTIME-TOKEN";

/** How a transport proves who it acts for. */
export interface Credentials {
  readonly type: AuthenticationType;
  /**
   * A bearer token that is not known to be expired.
   *
   * @throws CanfarError `authentication.required`, `authentication.expired`
   */
  token(): Promise<string>;
  /**
   * Called after a 401. True when there is now another token than the refused one, so that the request is worth one
   * more try.
   */
  renew(refused: string): Promise<boolean>;
}

/** A token from the environment or from the caller: used as it is, never renewed. */
export function runtimeToken(token: string): Credentials {
  return { type: "RUNTIME-TOKEN", token: async () => token, renew: async () => false };
}

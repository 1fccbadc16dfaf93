/** What the client wants to know of a server before it talks to it. */
export interface PlatformFeatures {
  /** Version of the Skaha API, e.g. `v1`; null where the document names no session service. */
  readonly version: string | null;
  /** `oidc`, `x509`, …, in the vocabulary of the configuration file. */
  readonly auths: readonly string[];
  /** Groups are things: one request makes one, with exact arguments, policies and Items; and they can be asked about. */
  readonly groups: boolean;
  /** Logs can be followed, cut and dated; events come as JSON. */
  readonly logs: boolean;
  /** Files can be carried to the user's home. */
  readonly files: boolean;
  /** One-time addresses for browsers. */
  readonly tickets: boolean;
  /** Issuer of the platform's own identity provider; null where it has none. */
  readonly issuer: string | null;
}

/** A server that advertises none of our additions. */
export const NO_FEATURES: PlatformFeatures = {
  version: null,
  auths: [],
  groups: false,
  logs: false,
  files: false,
  tickets: false,
  issuer: null,
};

/** VOSI standard identifiers (VOSI 1.1, SSO 2.0) that the platform publishes and the client looks for. */
export const STANDARD_IDS = {
  capabilities: "ivo://ivoa.net/std/VOSI#capabilities",
  availability: "ivo://ivoa.net/std/VOSI#availability",
  session: "http://www.opencadc.org/std/platform#session-1",
  context: "http://www.opencadc.org/std/platform#context-1",
  image: "http://www.opencadc.org/std/platform#image-1",
  repository: "http://www.opencadc.org/std/platform#repository-1",
  /** Ours: `POST /v1/session` takes `replicas=N` and `arg`, and answers N ids, one a line. */
  replicas: "https://canfar.net/std/platform#replicas-1",
  /** Ours: base address of Groups: launch by JSON, list, watch, logs, rerun, report, delete. */
  groups: "https://canfar.net/std/platform#groups-1",
  /** Ours: `view=logs` takes `follow`, `tail`, `since`, `timestamps`; `view=events` takes `format=json`. */
  logs: "https://canfar.net/std/platform#logs-1",
  /** Ours: a one-time address that opens a Session in a browser. */
  ticket: "https://canfar.net/std/platform#ticket-1",
  /** Ours: base address of `file` and `folder`, by which `canfar run` carries files to the caller's home. */
  files: "https://canfar.net/std/platform#files-1",
  /** Ours: base address is the issuer of the platform's own identity provider (OpenID Connect Discovery). */
  identity: "https://canfar.net/std/platform#identity-1",
} as const;

export const SECURITY_METHODS = {
  cookie: "ivo://ivoa.net/sso#cookie",
  certificate: "ivo://ivoa.net/sso#tls-with-certificate",
  token: "ivo://ivoa.net/sso#token",
} as const;

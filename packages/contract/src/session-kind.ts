/**
 * Session Kinds: what a Session is for. `desktop-app` Sessions live inside a desktop Session and are never
 * created through the ordinary create call.
 */
export const SESSION_KINDS = [
  "notebook",
  "desktop",
  "carta",
  "contributed",
  "firefly",
  "headless",
  "desktop-app",
] as const;

export type SessionKind = (typeof SESSION_KINDS)[number];

/** Kinds that a user may ask for in a launch request. */
export const LAUNCHABLE_KINDS = [
  "notebook",
  "desktop",
  "carta",
  "contributed",
  "firefly",
  "headless",
] as const satisfies readonly SessionKind[];

export type LaunchableKind = (typeof LAUNCHABLE_KINDS)[number];

/** How the outside world reaches a Session of a kind. */
export interface KindContract {
  /** True when people work in it through a browser. */
  readonly interactive: boolean;
  /** Path segment under `/session/`; null where the kind serves no pages. */
  readonly pathSegment: string | null;
  /** TCP port that the Container Image listens on; null where the kind serves none. */
  readonly port: number | null;
  /** True when the proxy removes `/session/<segment>/<id>` before it forwards. */
  readonly stripsPrefix: boolean;
}

/** The container contract of each kind (upstream-server.md 2.1 and 3.7). */
export const KIND_CONTRACTS: Readonly<Record<SessionKind, KindContract>> = {
  notebook: { interactive: true, pathSegment: "notebook", port: 8888, stripsPrefix: false },
  desktop: { interactive: true, pathSegment: "desktop", port: 6901, stripsPrefix: true },
  carta: { interactive: true, pathSegment: "carta", port: 6901, stripsPrefix: false },
  contributed: { interactive: true, pathSegment: "contrib", port: 5000, stripsPrefix: true },
  firefly: { interactive: true, pathSegment: "firefly", port: 8080, stripsPrefix: false },
  headless: { interactive: false, pathSegment: null, port: null, stripsPrefix: false },
  "desktop-app": { interactive: false, pathSegment: null, port: null, stripsPrefix: false },
};

export function isSessionKind(text: string): text is SessionKind {
  return (SESSION_KINDS as readonly string[]).includes(text);
}

export function isLaunchableKind(text: string): text is LaunchableKind {
  return (LAUNCHABLE_KINDS as readonly string[]).includes(text);
}

/** The public path of an interactive Session, with a trailing slash; null for kinds without pages. */
export function sessionPath(kind: SessionKind, id: string): string | null {
  const segment = KIND_CONTRACTS[kind].pathSegment;
  return segment === null ? null : `/session/${segment}/${id}/`;
}

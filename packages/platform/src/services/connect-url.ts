import { type SessionKind, sessionPath } from "@canfar/contract";

/**
 * Path and query under which a Session opens in a browser, as upstream's clients expect it (upstream-server.md 2.4).
 *
 * @returns null for kinds without pages
 */
export function connectPath(session: { kind: SessionKind; id: string; username: string }): string | null {
  const { kind, id, username } = session;
  const path = sessionPath(kind, id);
  if (path === null) return null;
  switch (kind) {
    case "notebook":
      return `${path}lab/tree/arc/home/${encodeURIComponent(username)}?token=${id}`;
    case "desktop":
      return `${path}?password=${id}&path=${path.slice(1)}`;
    case "firefly":
      return `${path}firefly/`;
    default:
      return path;
  }
}

import type { IncomingMessage } from "node:http";

/**
 * True when a page of this very origin made the request, told by headers that no script can set. A request with a
 * cookie that changes something, or opens a WebSocket, needs it: browsers send cookies along for other sites too.
 * `same-site` is not enough, since every port of a machine is the same site.
 *
 * @param origin of the platform; the address that the browser used (`Host`) counts as well, so that both
 *   `localhost` and `127.0.0.1` work
 */
export function isSameOrigin(request: IncomingMessage, origin: string): boolean {
  const site = request.headers["sec-fetch-site"];
  if (site !== undefined) return site === "same-origin";
  const from = request.headers.origin;
  if (from === undefined) return false;
  return from === origin || from === `${new URL(origin).protocol}//${request.headers.host}`;
}

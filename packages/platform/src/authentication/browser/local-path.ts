const BASE = "http://local.invalid";
const ALLOWED = ["/session/", "/oidc/"];

/**
 * The place to go to after a login, or null where it is none of ours. Resolved as a browser would, so that no odd
 * spelling (`//host`, `/\host`, `/session/../..//host`) leads elsewhere.
 */
export function parseLocalPath(text: string | null | undefined): string | null {
  if (!text?.startsWith("/") || !URL.canParse(text, BASE)) return null;
  const { origin, pathname, search, hash } = new URL(text, BASE);
  return origin === BASE && ALLOWED.some((prefix) => pathname.startsWith(prefix))
    ? pathname + search + hash
    : null;
}

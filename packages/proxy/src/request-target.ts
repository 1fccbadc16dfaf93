/** A request target in origin-form (RFC 9112 3.2.1), undecoded. */
export interface RequestTarget {
  readonly pathname: string;
  /** With its question mark; empty without one. */
  readonly query: string;
}

/** Layers of percent-encoding that are looked through; a path with more is refused. */
const MAX_DECODINGS = 4;

/**
 * Splits a request target.
 *
 * @returns null for every other form: absolute-form belongs to forward proxies, and a fragment or a backslash never
 * comes from a sane client
 */
export function parseTarget(url: string): RequestTarget | null {
  const mark = url.indexOf("?");
  const pathname = mark === -1 ? url : url.slice(0, mark);
  if (!pathname.startsWith("/") || url.includes("#") || pathname.includes("\\")) return null;
  return { pathname, query: mark === -1 ? "" : url.slice(mark) };
}

/**
 * True when a path below a Session's prefix leaves it again in any reading: with `..` in plain, encoded once or
 * several times, behind doubled or reversed slashes, or with parameters (`..;x`, which Tomcat ignores).
 *
 * @param rest what follows the prefix, undecoded
 */
export function climbsOut(rest: string): boolean {
  let reading = rest;
  for (let layer = 0; layer <= MAX_DECODINGS; layer += 1) {
    if (climbs(reading)) return true;
    const decoded = reading.replace(/%(2e|2f|5c|3b|25)/gi, (_all, hex: string) =>
      String.fromCharCode(Number.parseInt(hex, 16)),
    );
    if (decoded === reading) return false;
    reading = decoded;
  }
  return true;
}

function climbs(path: string): boolean {
  let depth = 0;
  for (const segment of path.split(/[/\\]+/)) {
    const [name = ""] = segment.split(";", 1);
    if (name === "" || name === ".") continue;
    depth += name === ".." ? -1 : 1;
    if (depth < 0) return true;
  }
  return false;
}

/**
 * Removes parameters from a query and leaves the others as they are, byte by byte.
 *
 * @param query with its question mark, or empty
 */
export function withoutParameters(query: string, drop: (name: string, value: string) => boolean): string {
  if (query === "") return "";
  const kept = query
    .slice(1)
    .split("&")
    .filter((piece) => {
      const equals = piece.indexOf("=");
      const name = equals === -1 ? piece : piece.slice(0, equals);
      return !drop(decode(name), equals === -1 ? "" : decode(piece.slice(equals + 1)));
    });
  return kept.length === 0 ? "" : `?${kept.join("&")}`;
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text.replaceAll("+", " "));
  } catch {
    // Not percent-encoding: then it is nobody's parameter but the Session's.
    return text;
  }
}

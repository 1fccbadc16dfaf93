import { createHash } from "node:crypto";
import type { LaunchRequest } from "@canfar/contract";

/** Equal for requests that ask for the same, whatever the order of their fields; the request's own id does not count. */
export function requestDigest({ requestId: _, ...request }: LaunchRequest): string {
  return createHash("sha256")
    .update(JSON.stringify(sorted(request)))
    .digest("base64url");
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value).filter(([, each]) => each !== undefined);
  return Object.fromEntries(
    entries.sort(([a], [b]) => (a < b ? -1 : 1)).map(([key, each]) => [key, sorted(each)]),
  );
}

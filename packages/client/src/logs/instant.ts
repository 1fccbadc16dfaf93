import { CanfarError } from "@canfar/contract";

/** ISO 8601 in UTC. @throws CanfarError `request.invalid` for something that is no time */
export function instant(since: Date | string | undefined): string | undefined {
  if (since === undefined) return undefined;
  const time = new Date(since);
  if (!Number.isNaN(time.getTime())) return time.toISOString();
  throw new CanfarError("request.invalid", {
    message: `'${since}' is not a time`,
    hint: "Write a time such as 2026-01-31T12:00:00Z.",
  });
}

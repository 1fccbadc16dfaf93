import { CanfarError, type Group, isGroupEnded, routePath } from "@canfar/contract";
import { decodeGroup } from "@canfar/contract/wire";
import { wait } from "../clock.ts";
import type { Connection } from "../connection.ts";
import { wholeLines } from "../transport/whole-lines.ts";

const FIRST_DELAY_MS = 250;
const LONGEST_DELAY_MS = 10_000;
/** A server that stays away for this long is given up: longer than an update of it takes. */
const PATIENCE_MS = 15 * 60_000;

/**
 * Follows a Group on a server that tells each change, until it has ended: across broken and silent connections, and
 * restarts of the server.
 *
 * @throws CanfarError `group.not_found`, also when it is deleted meanwhile; `server.unavailable` at once when the server
 * does not answer at first, later after 15 minutes
 */
export async function* watchGroup(
  connection: Connection,
  id: string,
  signal?: AbortSignal,
): AsyncGenerator<Group> {
  const { clock } = connection;
  const path = routePath("getGroup", { id });
  const request = { method: "GET", path, query: { watch: "true" }, signal } as const;
  let told = "";
  let delay = FIRST_DELAY_MS;
  let lostAt: number | null = null;
  for (;;) {
    try {
      for await (const line of wholeLines(connection, request)) {
        delay = FIRST_DELAY_MS;
        lostAt = null;
        if (line === told) continue;
        told = line;
        const group = decodeGroup(JSON.parse(line));
        yield group;
        if (isGroupEnded(group)) return;
      }
      // A server that stops politely ends its answers too.
    } catch (error) {
      signal?.throwIfAborted();
      if (!(error instanceof CanfarError) || !isTemporary(error) || told === "") throw error;
      const now = clock.now().getTime();
      lostAt ??= now;
      if (now - lostAt > PATIENCE_MS) throw error;
    }
    await wait(clock, delay, signal);
    delay = Math.min(delay * 2, LONGEST_DELAY_MS);
  }
}

function isTemporary({ code }: CanfarError): boolean {
  return code === "transport.failure" || code === "transport.timed_out" || code === "server.unavailable";
}

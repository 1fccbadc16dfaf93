import {
  CanfarError,
  countReplicas,
  type Group,
  isEnded,
  isGroupEnded,
  type Session,
} from "@canfar/contract";
import { wait } from "../clock.ts";
import type { Connection } from "../connection.ts";
import type { AssembledGroup } from "./assemble-groups.ts";

const INTERVAL_MS = 2000;

/**
 * Follows a Group on a server that knows of Sessions only: asks for the list again and again.
 *
 * Such servers take ended Sessions off the list by themselves after a while, so what was once seen as ended stays so;
 * what was not is gone with them and no longer counted.
 *
 * @throws CanfarError `group.not_found` once none of it is left
 */
export async function* pollGroup(
  connection: Connection,
  start: AssembledGroup,
  list: () => Promise<readonly Session[]>,
  signal?: AbortSignal,
): AsyncGenerator<Group> {
  let known = start.sessions;
  let group = start.group;
  for (;;) {
    yield group;
    if (isGroupEnded(group)) return;
    await wait(connection.clock, INTERVAL_MS, signal);
    const now = new Map((await list()).map((session) => [session.id, session]));
    known = known.flatMap((session) => now.get(session.id) ?? (isEnded(session.status) ? session : []));
    if (known.length === 0) throw gone(group);
    group = { ...group, counts: countReplicas(known) };
  }
}

function gone({ id, name }: Group): CanfarError {
  return new CanfarError("group.not_found", {
    message: `${name || id} is not on the server's list any more: it was deleted, or ended unseen`,
    hint: "List what you have with `canfar ps --all`.",
    details: { id },
  });
}

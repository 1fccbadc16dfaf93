import { CanfarError, type Session } from "@canfar/contract";

/** The newest Session. */
export const LAST = "@last";

/**
 * Finds the Session that a user means: `@last`, a whole id, a name, or the beginning of an id that fits only one.
 *
 * @throws CanfarError `session.not_found`, `session.ambiguous` naming those that fit
 */
export function selectSession(sessions: readonly Session[], selector: string): Session {
  if (selector === LAST) return newest(sessions) ?? notFound(selector);
  const exact = sessions.find(({ id }) => id === selector);
  if (exact !== undefined) return exact;
  if (selector === "") notFound(selector);
  const named = sessions.filter(({ name }) => name === selector);
  const fitting = named.length > 0 ? named : sessions.filter(({ id }) => id.startsWith(selector));
  const [only] = fitting;
  if (only === undefined) return notFound(selector);
  if (fitting.length === 1) return only;
  throw new CanfarError("session.ambiguous", {
    message: `'${selector}' fits ${fitting.length} Sessions: ${fitting.slice(0, 5).map(label).join(", ")}${fitting.length > 5 ? ", …" : ""}`,
    hint: "Write the whole id.",
    details: { selector, ids: fitting.map(({ id }) => id) },
  });
}

function newest(sessions: readonly Session[]): Session | undefined {
  const time = (session: Session) => session.createdAt ?? session.startedAt ?? "";
  return [...sessions].sort(
    (a, b) => time(b).localeCompare(time(a)) || (b.replicaIndex ?? 0) - (a.replicaIndex ?? 0),
  )[0];
}

function label({ id, name }: Session): string {
  return name === undefined ? id : `${id} (${name})`;
}

function notFound(selector: string): never {
  throw new CanfarError("session.not_found", {
    message: selector === LAST ? "You have no Session" : `No Session of yours is called '${selector}'`,
    hint: "List your Sessions with `canfar ps --all`.",
    details: { selector },
  });
}

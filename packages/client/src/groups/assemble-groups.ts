import {
  countReplicas,
  DEFAULT_BATCH_POLICY,
  type Group,
  KIND_CONTRACTS,
  type Session,
} from "@canfar/contract";

/** A Group that was put together here, with its Sessions in the order of their Replicas. */
export interface AssembledGroup {
  readonly group: Group;
  readonly sessions: readonly Session[];
}

/**
 * Finds the Groups in a list of Sessions, for servers that do not know of any: batch Sessions of one image that are
 * called NAME-1, NAME-2, … belong together. A number that comes again begins the next Group of that name.
 *
 * @returns oldest first
 */
export function assembleGroups(sessions: readonly Session[]): AssembledGroup[] {
  const groups = new Map<string, Map<number, Session>>();
  const latest = new Map<string, number>();
  for (const session of sessions.toSorted(byStart)) {
    const { base, index } = placeOf(session);
    const known = [base, session.kind, session.image ?? "", session.username].join("\n");
    const key = session.group ?? known;
    const serial = latest.get(key) ?? 0;
    const taken = groups.get(`${key}\n${serial}`)?.has(index) === true;
    latest.set(key, taken ? serial + 1 : serial);
    const place = `${key}\n${taken ? serial + 1 : serial}`;
    groups.set(place, (groups.get(place) ?? new Map<number, Session>()).set(index, session));
  }
  return [...groups.values()].flatMap(toGroups).sort((a, b) => byStart(a.group, b.group));
}

/** What a Session's name says: `stars-7` of a batch is the seventh of `stars`. */
function placeOf({ id, name, kind, replicaIndex }: Session): { base: string; index: number } {
  const match = /^(.+)-([1-9]\d{0,5})$/.exec(name ?? "");
  if (match === null || KIND_CONTRACTS[kind].interactive)
    return { base: `${name ?? ""}\n${id}`, index: replicaIndex ?? 1 };
  return { base: match[1] ?? "", index: replicaIndex ?? Number(match[2]) };
}

/** A lonely `run-2026` is no Replica, but a Session with a number in its name. */
function toGroups(places: ReadonlyMap<number, Session>): AssembledGroup[] {
  const ordered = [...places].sort(([a], [b]) => a - b);
  if (ordered.length === 1) return ordered.map(([, session]) => single(session));
  const [[, first] = []] = ordered;
  const last = ordered.at(-1)?.[0] ?? 1;
  if (first === undefined) return [];
  const sessions = ordered.map(([replicaIndex, session]) => ({
    ...session,
    group: first.id,
    replicaIndex,
    replicaCount: session.replicaCount ?? last,
  }));
  const name = first.name?.replace(/-\d+$/, "") ?? "";
  return [{ group: describe(first, name, sessions), sessions }];
}

function single(session: Session): AssembledGroup {
  const own = { ...session, group: session.id, replicaIndex: 1, replicaCount: 1 };
  return { group: { ...describe(session, session.name ?? "", [own]), session }, sessions: [own] };
}

function describe(first: Session, name: string, sessions: readonly Session[]): Group {
  const counts = countReplicas(sessions);
  const started = sessions.flatMap(({ startedAt }) => startedAt ?? []).sort();
  const ended = sessions.flatMap(({ endedAt }) => endedAt ?? []).sort();
  const isOver = counts.pending + counts.running === 0;
  return {
    id: first.id,
    name,
    username: first.username,
    kind: first.kind,
    image: first.image ?? "",
    replicaCount: Math.max(...sessions.map(({ replicaCount = 1 }) => replicaCount)),
    counts,
    createdAt: sessions.flatMap(({ createdAt, startedAt }) => createdAt ?? startedAt ?? []).sort()[0] ?? "",
    ...(started[0] === undefined ? {} : { startedAt: started[0] }),
    ...(isOver && ended.length > 0 ? { endedAt: ended.at(-1) as string } : {}),
    policy: DEFAULT_BATCH_POLICY,
  };
}

type Started = { readonly createdAt?: string | undefined; readonly startedAt?: string | undefined };

/** Those without a time last: they have not started yet. */
function byStart(a: Started, b: Started): number {
  const [first, second] = [a, b].map(({ createdAt, startedAt }) => createdAt || startedAt || "\uffff");
  return (first ?? "") < (second ?? "") ? -1 : first === second ? 0 : 1;
}

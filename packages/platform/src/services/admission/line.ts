import type { QueueStore } from "../../records/queue-store.ts";
import type { SessionRecord } from "../../records/session-store.ts";
import { longestDelaySeconds } from "../policy/retry.ts";
import type { Blocked, Candidate, GroupInLine, Line, UserInLine } from "./decide-admission.ts";
import { NOTHING, plus } from "./demand.ts";
import type { Ledger } from "./ledger.ts";
import type { Standing } from "./standing.ts";

/** A queued Session with what it counts. */
export interface QueuedSession extends Candidate {
  /** Null where it is only thought of. */
  readonly session: SessionRecord | null;
}

/** A Group that is only thought of, with the Sessions that it would have. */
export interface ThoughtOf {
  readonly standing: Standing;
  readonly read: GroupInLine<QueuedSession>["read"];
}

/** Why nothing of a Group may start now, though something waits; null where something may. */
export type Hindrance = "Dependency" | "DependencyReplica" | "MaxRunning" | "BackOff";

/** What keeps a whole Group from the line. @param now milliseconds since 1970 */
export function hindranceOf(standing: Standing, now: number): Hindrance | null {
  if (!standing.group.released) return "Dependency";
  if (standing.room <= 0) return "MaxRunning";
  if (standing.ready > 0 || isDue(standing, now)) return null;
  return standing.backingOff > 0 ? "BackOff" : "DependencyReplica";
}

/** How long until the first that backs off may start, in milliseconds; null where none does. */
export function untilDue({ dueAt, policy }: Standing, now: number): number | null {
  if (dueAt === null) return null;
  const left = Date.parse(dueAt) - now;
  // A longer wait than the policy can make comes from a clock that was set back.
  return left > longestDelaySeconds(policy) * 1000 ? 0 : Math.max(0, left);
}

/** True where a Session of it has waited long enough after a failed attempt. */
export function isDue(standing: Standing, now: number): boolean {
  return untilDue(standing, now) === 0;
}

/**
 * Everybody who is in line, from what the ledger has counted. Rows are read only of Groups whose turn comes.
 *
 * @param options.weights of users; 1 where nothing is said
 */
export function formLine(options: {
  ledger: Ledger;
  queue: QueueStore;
  weights: Readonly<Record<string, number>>;
  blocked: Blocked;
  now: number;
  /** Slots' worth of Sessions that the driver is given beyond what can run now. */
  ahead: number;
  also?: ThoughtOf;
}): Line<QueuedSession> {
  const { ledger, queue, weights, blocked, ahead, now, also } = options;
  const byUser = new Map<string, { standing: Standing; line: GroupInLine<QueuedSession> }[]>();
  const enter = (standing: Standing, line: GroupInLine<QueuedSession>) => {
    const groups = byUser.get(standing.group.username) ?? [];
    groups.push({ standing, line });
    byUser.set(standing.group.username, groups);
  };
  for (const standing of ledger.standings()) {
    if (standing.group.interactive || hindranceOf(standing, now) !== null) continue;
    enter(standing, groupInLine(standing, { ledger, queue, now }));
  }
  if (also !== undefined && hindranceOf(also.standing, now) === null) {
    const { standing, read } = also;
    const { id } = standing.group;
    enter(standing, { id, room: standing.room, demand: ledger.demandOf(standing.group, UNRAISED), read });
  }
  const users = [...byUser]
    .map(([name, groups]) => ({ name, groups: groups.sort(byAge) }))
    .sort((a, b) => firstOf(a.groups) - firstOf(b.groups))
    .map(({ name, groups }): UserInLine<QueuedSession> => {
      const account = ledger.account(name);
      const { share, running } = account;
      const lines = groups.map(({ line }) => line);
      return {
        name,
        weight: weights[name] ?? 1,
        share,
        running,
        used: account.usedUntil(now),
        groups: lines,
      };
    });
  const { machine, places } = ledger.capacity;
  return { machine, ahead: plus(NOTHING, machine, ahead / places), ...ledger.load, users, blocked, now };
}

const UNRAISED = { memoryGiB: null };

const byAge = (a: { standing: Standing }, b: { standing: Standing }) =>
  a.standing.group.sequence - b.standing.group.sequence;

const firstOf = (groups: readonly { standing: Standing }[]) => groups[0]?.standing.group.sequence ?? 0;

function groupInLine(
  standing: Standing,
  { ledger, queue, now }: { ledger: Ledger; queue: QueueStore; now: number },
): GroupInLine<QueuedSession> {
  const { group, policy } = standing;
  // Those that have failed before go first: what is wrong with a Group shows early.
  const due = isDue(standing, now) ? queue.due(group.id, dueBetween(now, policy)) : [];
  return {
    ...{ id: group.id, room: standing.room, demand: ledger.demandOf(group, UNRAISED) },
    read(limit, offset) {
      const first = due.slice(offset, offset + limit);
      const missing = limit - first.length;
      const more =
        missing === 0
          ? []
          : queue.ready(group.id, { limit: missing, offset: Math.max(0, offset - due.length) });
      return [...first, ...more].map((session) => ({
        ...{ id: session.id, session },
        demand: ledger.demandOf(group, session),
      }));
    },
  };
}

/** Most of those whose back-off is over that are started of one Group at a time. */
const MOST_DUE = 1000;

function dueBetween(
  now: number,
  policy: Standing["policy"],
): { now: string; horizon: string; limit: number } {
  const horizon = new Date(now + longestDelaySeconds(policy) * 1000).toISOString();
  return { now: new Date(now).toISOString(), horizon, limit: MOST_DUE };
}

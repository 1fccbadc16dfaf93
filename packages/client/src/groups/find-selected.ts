import {
  CanfarError,
  closest,
  type Group,
  isGroupEnded,
  parseReplicaSelector,
  type ReplicaSelection,
  replicaNumber,
  type Session,
  selectsAll,
} from "@canfar/contract";
import { LAST } from "../select-session.ts";
import type { SelectedReplicas } from "./selected-replicas.ts";

/** One meaning that a word could have. */
interface Meaning {
  readonly group: Group;
  /** Absent: the whole Group. */
  readonly replica?: number;
}

export interface KnownSessions {
  readonly groups: readonly Group[];
  /** Asked for only when the Groups alone do not tell. */
  readonly sessions: () => Promise<readonly Session[]>;
  /** True where Groups were put together here: their ids are those of their first Sessions, and mean these. */
  readonly assembled?: boolean;
}

/**
 * What a user means by a word: `@last`, a Group's or Session's id, its name, `NAME-7` for a Replica, or the beginning of
 * an id that fits only one; each with a selection behind it where the user wrote one.
 *
 * Where several Groups have one name, the only one that is still active is meant.
 *
 * @throws CanfarError `session.not_found` with the nearest name, `session.ambiguous` naming those that fit,
 * `request.invalid` for a selection that cannot be read
 */
export async function findSelected(known: KnownSessions, word: string): Promise<SelectedReplicas> {
  const { target, replicas } = parseReplicaSelector(word);
  const { groups } = known;
  if (target === LAST) return whole(newest(groups) ?? notFound(target, groups), replicas);
  const exact = groups.find(({ id }) => id === target);
  if (exact !== undefined && !(known.assembled && exact.replicaCount > 1)) return whole(exact, replicas);
  const named = byName(groups, target.toLowerCase());
  if (named.length > 0) return select(only(preferActive(named), target), replicas, target);
  const sessions = await known.sessions();
  const session = sessions.find(({ id }) => id === target);
  if (session !== undefined) return select(meaningOf(groups, session), replicas, target);
  const begun = byBeginning(groups, sessions, target);
  if (begun.length === 0) return notFound(target, groups);
  return select(only(begun, target), replicas, target);
}

function whole(group: Group, replicas: ReplicaSelection): SelectedReplicas {
  return { group, replicas };
}

/** @throws CanfarError `request.invalid` for a selection of one Replica's Replicas */
export function select(
  { group, replica }: Meaning,
  replicas: ReplicaSelection,
  target: string,
): SelectedReplicas {
  if (replica === undefined) return whole(group, replicas);
  if (selectsAll(replicas)) return whole(group, replicaNumber(replica));
  throw new CanfarError("request.invalid", {
    message: `'${target}' is one Replica already, and has none to choose from`,
    hint: `Write ${group.name}[${replica}], or leave the brackets out.`,
  });
}

/** Groups of this name; where there are none, the Replica that `NAME-7` names. */
function byName(groups: readonly Group[], name: string): Meaning[] {
  const exact = groups.filter((group) => group.name === name);
  if (exact.length > 0) return exact.map((group) => ({ group }));
  const match = /^(.+)-([1-9]\d*)$/.exec(name);
  if (match === null) return [];
  const replica = Number(match[2]);
  return groups
    .filter((group) => group.name === match[1] && group.replicaCount > 1 && replica <= group.replicaCount)
    .map((group) => ({ group, replica }));
}

function preferActive(meanings: readonly Meaning[]): readonly Meaning[] {
  const active = meanings.filter(({ group }) => !isGroupEnded(group));
  return active.length === 1 ? active : meanings;
}

/** Where a Session belongs. */
export function meaningOf(groups: readonly Group[], session: Session): Meaning {
  const group = groups.find(({ id }) => id === (session.group ?? session.id));
  if (group === undefined) return notFound(session.id, groups);
  return group.replicaCount === 1 ? { group } : { group, replica: session.replicaIndex ?? 1 };
}

function byBeginning(groups: readonly Group[], sessions: readonly Session[], text: string): Meaning[] {
  const begun = groups.filter(({ id }) => id.startsWith(text));
  const ids = new Set(begun.map(({ id }) => id));
  const others = sessions.filter(({ id }) => id.startsWith(text) && !ids.has(id));
  return [...begun.map((group) => ({ group })), ...others.map((session) => meaningOf(groups, session))];
}

function newest(groups: readonly Group[]): Group | undefined {
  return groups.reduce<Group | undefined>(
    (best, group) => (best === undefined || group.createdAt >= best.createdAt ? group : best),
    undefined,
  );
}

function only(meanings: readonly Meaning[], target: string): Meaning {
  const [first, ...others] = meanings;
  if (first !== undefined && others.length === 0) return first;
  const shown = meanings.slice(0, 5).map(label).join(", ");
  throw new CanfarError("session.ambiguous", {
    message: `'${target}' fits ${meanings.length} of yours: ${shown}${meanings.length > 5 ? ", …" : ""}`,
    hint: "Write the whole id.",
    details: { selector: target, ids: meanings.map(({ group }) => group.id) },
  });
}

function label({ group: { id, name, createdAt, counts, replicaCount }, replica }: Meaning): string {
  const day = createdAt.slice(0, 16).replace("T", " ");
  const state = counts.pending + counts.running > 0 ? "active" : "ended";
  const what =
    replicaCount === 1
      ? name
      : replica === undefined
        ? `${name}, ${replicaCount} Replicas`
        : `${name}-${replica}`;
  return `${id} (${what}, ${state}, of ${day})`;
}

function notFound(target: string, groups: readonly Group[]): never {
  if (target === LAST) {
    throw new CanfarError("session.not_found", {
      message: "You have no Session",
      hint: "Launch one with `canfar create`.",
      details: { selector: target },
    });
  }
  const near = closest(target, [...new Set(groups.map(({ name }) => name))], Math.ceil(target.length / 3));
  throw new CanfarError("session.not_found", {
    message: `No Session or Group of yours is called '${target}'${near === null ? "" : `; did you mean '${near}'?`}`,
    hint: "List what you have with `canfar ps --all`.",
    details: { selector: target, ...(near === null ? {} : { didYouMean: near }) },
  });
}

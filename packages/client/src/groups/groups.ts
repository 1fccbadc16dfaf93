import {
  ALL_REPLICAS,
  CanfarError,
  type Group,
  type GroupLogLine,
  type GroupReport,
  groupReportSchema,
  type Item,
  type ItemState,
  isSelected,
  itemSchema,
  type LaunchAnswer,
  type LaunchRequestInput,
  parseReplicaSelector,
  type ReplicaSelection,
  rangesOf,
  replicaState,
  routePath,
  SESSION_ID_PATTERN,
  type Session,
} from "@canfar/contract";
import { decodeGroup, decodeSession, wireGroupSchema, wireSessionSchema } from "@canfar/contract/wire";
import { z } from "zod";
import { concurrently } from "../concurrently.ts";
import type { Connection } from "../connection.ts";
import { forEachId } from "../for-each-id.ts";
import { grouped } from "../grouped.ts";
import { launch } from "../launch.ts";
import { type GroupLogOptions, groupLogs } from "../logs/group-logs.ts";
import { Sessions } from "../sessions.ts";
import { unsupported } from "../unsupported.ts";
import { type AssembledGroup, assembleGroups } from "./assemble-groups.ts";
import { findSelected, type KnownSessions, meaningOf, select } from "./find-selected.ts";
import { pollGroup } from "./poll-group.ts";
import { inAddresses, mergeSelected, type SelectedReplicas } from "./selected-replicas.ts";
import { watchGroup } from "./watch-group.ts";

/** What several words of a user mean, and which of them mean nothing. */
export interface Resolution {
  /** One entry for each Group, in the order of the words. */
  readonly selected: readonly SelectedReplicas[];
  readonly failures: readonly CanfarError[];
}

/**
 * Groups of one user on one server: the Replicas that were launched together, as one thing. A single Session is a Group
 * of one. On a server that knows of no Groups they are put together from the names of its Sessions.
 */
export class Groups {
  readonly #connection: Connection;
  readonly #sessions: Sessions;

  constructor(connection: Connection) {
    this.#connection = connection;
    this.#sessions = new Sessions(connection);
  }

  /**
   * Launches a Group; `Sessions.launch` answers only its Sessions.
   *
   * @throws CanfarError as `Sessions.launch`
   */
  async launch(request: LaunchRequestInput, options: { signal?: AbortSignal } = {}): Promise<LaunchAnswer> {
    return await launch(this.#connection, request, options.signal);
  }

  /** Groups with how many of their Replicas wait, run and have ended; oldest first. */
  async list(options: { signal?: AbortSignal | undefined } = {}): Promise<Group[]> {
    if (!(await this.#native())) return (await this.#assembled()).map(({ group }) => group);
    const request = { method: "GET", path: routePath("listGroups"), signal: options.signal } as const;
    return (await this.#connection.transport.json(request, z.array(wireGroupSchema))).map(decodeGroup);
  }

  /** @throws CanfarError `group.not_found` */
  async get(id: string): Promise<Group> {
    if (!(await this.#native())) return (await this.#assembledGroup(id)).group;
    const request = { method: "GET", path: routePath("getGroup", { id }) } as const;
    return decodeGroup(await this.#connection.transport.json(request, wireGroupSchema));
  }

  /**
   * The Group now, and again whenever it changed, until it has ended; across broken connections and restarts of the
   * server.
   *
   * @throws CanfarError `group.not_found`, also when it is deleted meanwhile
   */
  async *watch(id: string, options: { signal?: AbortSignal | undefined } = {}): AsyncGenerator<Group> {
    const { signal } = options;
    if (await this.#native()) yield* watchGroup(this.#connection, id, signal);
    else yield* pollGroup(this.#connection, await this.#assembledGroup(id), () => this.#list(), signal);
  }

  /**
   * What the Replicas of a Group have written, merged into one stream. With `follow` it goes on until every selected
   * Replica has ended, across broken connections and restarts of the server, with no line lost or repeated.
   *
   * @throws CanfarError `group.not_found`, `session.logs_removed`, `request.invalid`; `request.unsupported` on a server
   *   that knows of no Groups: `Sessions.logs` reads one Session there
   */
  async *logs(id: string, options: GroupLogOptions = {}): AsyncGenerator<GroupLogLine> {
    if (!(await this.#native()))
      throw unsupported(this.#connection.server.name, "has no logs of a Group in one stream");
    yield* groupLogs(this.#connection, id, options);
  }

  /**
   * Sessions of a Group in the order of their Replicas.
   *
   * @throws CanfarError `group.not_found`
   */
  async replicas(id: string, selection: ReplicaSelection = ALL_REPLICAS): Promise<Session[]> {
    if (!(await this.#native())) {
      return (await this.#assembledGroup(id)).sessions.filter((session) =>
        isSelected(selection, { index: session.replicaIndex ?? 1, state: replicaState(session) }),
      );
    }
    const path = routePath("listReplicas", { id });
    const parts = await concurrently(inAddresses(selection), 1, async (replicas) => {
      const request = { method: "GET", path, query: { replicas: replicas || undefined } } as const;
      return await this.#connection.transport.json(request, z.array(wireSessionSchema));
    });
    const sessions = parts.flat().map(decodeSession);
    return parts.length === 1 ? sessions : inOrder(sessions);
  }

  /**
   * Ends Replicas and takes them off the list.
   *
   * @returns their Session ids
   * @throws CanfarError `group.not_found`; `command.partial_success` where only some could be deleted
   */
  async delete(id: string, selection: ReplicaSelection = ALL_REPLICAS): Promise<string[]> {
    if (!(await this.#native())) {
      const ids = (await this.replicas(id, selection)).map((session) => session.id);
      const { concurrency: limit } = this.#connection;
      const done = await forEachId(ids, { limit, errors: "raise" }, (each) => this.#sessions.delete(each));
      return done.map(([each]) => each);
    }
    const path = routePath("deleteGroup", { id });
    const parts = await concurrently(inAddresses(selection), 1, async (replicas) => {
      const request = { method: "DELETE", path, query: { replicas: replicas || undefined } } as const;
      return await this.#connection.transport.json(request, z.array(z.string()));
    });
    return parts.flat();
  }

  /**
   * Runs ended Replicas again, as the next attempts of the same Sessions; what they wrote before stays.
   *
   * @param selection the failed ones when left out
   * @param options.setAside tries Items again that were set aside; those that only failed are tried again anyway
   * @returns the ids of those that run again
   * @throws CanfarError `group.not_found`; `request.unsupported` on a server that knows of no Groups
   */
  async rerun(
    id: string,
    selection?: ReplicaSelection,
    options: { setAside?: boolean } = {},
  ): Promise<string[]> {
    if (!(await this.#native()))
      throw unsupported(this.#connection.server.name, "cannot run a Session again");
    const path = routePath("rerunGroup", { id });
    const parts = await concurrently(
      selection === undefined ? [undefined] : inAddresses(selection),
      1,
      async (part) => {
        // To say nothing means the failed ones.
        const query = {
          replicas: part === "" ? "all" : part,
          setAside: options.setAside ? "true" : undefined,
        };
        return await this.#connection.transport.json({ method: "POST", path, query }, z.array(z.string()));
      },
    );
    return parts.flat();
  }

  /**
   * Items of a Group and what became of them, in the order in which they are dealt; none where it was launched without.
   *
   * @param state only those of this state
   * @throws CanfarError `group.not_found`; `request.unsupported` on a server that knows of no Groups
   */
  async items(id: string, state?: ItemState): Promise<Item[]> {
    if (!(await this.#native())) throw unsupported(this.#connection.server.name, "knows of no Items");
    const request = { method: "GET", path: routePath("listItems", { id }), query: { state } } as const;
    return await this.#connection.transport.json(request, z.array(itemSchema));
  }

  /**
   * How a Group went: failures by cause, durations, use of what was asked for, and what to ask for.
   *
   * @throws CanfarError `group.not_found`; `request.unsupported` on a server that knows of no Groups
   */
  async report(id: string): Promise<GroupReport> {
    if (!(await this.#native())) throw unsupported(this.#connection.server.name, "writes no reports");
    const request = { method: "GET", path: routePath("getGroupReport", { id }) } as const;
    return await this.#connection.transport.json(request, groupReportSchema);
  }

  /**
   * What a user means by a word: `@last`, a Group's or Session's id or a beginning of it that fits only one, its name, a
   * Replica's name, or some Replicas: `stars[3-10]`, `stars[failed]`.
   *
   * @throws CanfarError `session.not_found`, `session.ambiguous`, `request.invalid`
   */
  async resolve(word: string): Promise<SelectedReplicas> {
    const { group, replicas } = await this.#find(word, this.#known());
    return { group, replicas };
  }

  /** The same for several words; what they mean of one Group is put together. */
  async resolveEach(words: readonly string[]): Promise<Resolution> {
    const known = this.#known();
    const found: SelectedReplicas[] = [];
    const failures: CanfarError[] = [];
    for (const word of new Set(words)) {
      try {
        found.push(
          await (words.length === 1 ? this.#find(word, known) : findSelected(await known.load(), word)),
        );
      } catch (error) {
        if (!(error instanceof CanfarError) || !isAboutOneWord(error)) throw error;
        failures.push(error);
      }
    }
    return { selected: mergeSelected(found), failures };
  }

  /** The Groups that Sessions belong to, and which of their Replicas these are. Sessions that are gone are left out. */
  async select(sessions: readonly Pick<Session, "id">[]): Promise<SelectedReplicas[]> {
    const wanted = new Set(sessions.map(({ id }) => id));
    const known = await this.#known().load();
    const found = (await known.sessions()).filter(({ id }) => wanted.has(id));
    const members = grouped(found, ({ id, group = id }) => group);
    return known.groups.flatMap((group) => {
      const indices = (members.get(group.id) ?? []).map(({ replicaIndex = 1 }) => replicaIndex);
      const { pending, running, completed, failed } = group.counts;
      if (indices.length === 0) return [];
      if (indices.length === pending + running + completed + failed)
        return [{ group, replicas: ALL_REPLICAS }];
      return [{ group, replicas: { ranges: rangesOf(indices), states: [] } }];
    });
  }

  /** One word that is an id needs no lists. */
  async #find(word: string, known: Known): Promise<SelectedReplicas> {
    const { target, replicas } = parseReplicaSelector(word);
    if (!SESSION_ID_PATTERN.test(target) || !(await this.#native()))
      return await findSelected(await known.load(), word);
    const group = await orNull(this.get(target));
    if (group !== null) return { group, replicas };
    const session = await orNull(this.#sessions.get(target));
    // Eight letters may also be a name.
    if (session === null) return await findSelected(await known.load(), word);
    const own = await this.get(session.group ?? session.id);
    return select(meaningOf([own], session), replicas, target);
  }

  #known(): Known {
    let groups: Promise<readonly Group[]> | undefined;
    let sessions: Promise<readonly Session[]> | undefined;
    return {
      load: async () => {
        if (await this.#native()) {
          groups ??= this.list();
          return { groups: await groups, sessions: () => (sessions ??= this.#list()) };
        }
        const assembled = this.#assembled();
        groups ??= assembled.then((all) => all.map(({ group }) => group));
        sessions ??= assembled.then((all) => all.flatMap((each) => each.sessions));
        const known = sessions;
        return { groups: await groups, sessions: () => known, assembled: true };
      },
    };
  }

  async #native(): Promise<boolean> {
    return (await this.#connection.features()).groups;
  }

  async #list(): Promise<Session[]> {
    return await this.#sessions.list();
  }

  async #assembled(): Promise<AssembledGroup[]> {
    return assembleGroups(await this.#list());
  }

  async #assembledGroup(id: string): Promise<AssembledGroup> {
    const found = (await this.#assembled()).find(({ sessions }) =>
      sessions.some((session) => session.id === id),
    );
    if (found !== undefined) return found;
    throw new CanfarError("group.not_found", {
      message: `There is no Group ${id}`,
      hint: "List what you have with `canfar ps --all`.",
      details: { id },
    });
  }
}

/** Lists that are fetched when first needed, and once. */
interface Known {
  load(): Promise<KnownSessions>;
}

const ABOUT_ONE_WORD: readonly string[] = [
  "session.not_found",
  "session.ambiguous",
  "request.invalid",
  "group.not_found",
];

function isAboutOneWord({ code }: CanfarError): boolean {
  return ABOUT_ONE_WORD.includes(code);
}

async function orNull<T>(found: Promise<T>): Promise<T | null> {
  try {
    return await found;
  } catch (error) {
    if (error instanceof CanfarError && error.code.endsWith(".not_found")) return null;
    throw error;
  }
}

/** Parts of one selection may name a Replica twice. */
function inOrder(sessions: readonly Session[]): Session[] {
  const byId = new Map(sessions.map((session) => [session.id, session]));
  return [...byId.values()].sort((a, b) => (a.replicaIndex ?? 0) - (b.replicaIndex ?? 0));
}

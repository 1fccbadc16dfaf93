import { type LaunchAnswer, newSessionId, parseSessionName, replicaName } from "@canfar/contract";
import type { Clock } from "../clock.ts";
import type { Log } from "../log.ts";
import { type GroupRecord, policyOf } from "../records/group-store.ts";
import type { Records } from "../records/records.ts";
import type { SessionRecord } from "../records/session-store.ts";
import type { AdmissionQueue } from "./admission/admission-queue.ts";
import type { Ledger } from "./admission/ledger.ts";
import type { HomeFolders } from "./home-folders.ts";
import type { LaunchCheck, LaunchOptions } from "./launch-check.ts";
import type { Launcher } from "./launcher.ts";
import type { Settlement } from "./policy/settlement.ts";
import type { SessionRoutes } from "./session-routes.ts";

/** Replicas that an old client sends one by one belong together when they come within this time. */
const JOIN_MS = 15 * 60_000;

/** Turns a launch request into Sessions on record, which start as soon as they may. */
export class LaunchService {
  readonly #options;

  constructor(options: {
    records: Records;
    check: LaunchCheck;
    ledger: Ledger;
    settlement: Settlement;
    queue: AdmissionQueue;
    launcher: Launcher;
    homes: HomeFolders;
    routes: SessionRoutes;
    clock: Clock;
    log: Log;
  }) {
    this.#options = options;
  }

  /**
   * Checks a request, puts the whole Group on record in one write, and starts what may start. A request that comes again
   * with its id gets the answer of the first one.
   *
   * @returns the Group and its Session ids, in the order of their Replicas; from then on they survive a crash
   * @throws CanfarError what `LaunchCheck` finds, `storage.full`
   */
  launch(options: LaunchOptions): LaunchAnswer {
    const { records, check, launcher, queue, homes, routes, log } = this.#options;
    // The server is one thread and answers in order: nobody can come between these looks and the write.
    const earlier = this.answerOfEarlier(options);
    if (earlier !== null) return earlier;
    const template = check.group(options);
    homes.ensure(template.username);
    const { group, sessions } = records.write(() => this.#insert(template, options));
    log.info("created Sessions", { group: group.id, count: sessions.length, kind: group.kind });
    if (group.interactive) {
      for (const session of sessions) routes.show({ ...session, kind: group.kind });
      launcher.launch(sessions);
    } else queue.admit();
    return { group: group.id, sessions: sessions.map(({ id }) => id) };
  }

  /**
   * The answer to a request that came before with the same id, or null.
   *
   * @throws CanfarError `request.conflict` where it asked for something else
   */
  answerOfEarlier(options: Pick<LaunchOptions, "user" | "request">): LaunchAnswer | null {
    const { records, check } = this.#options;
    const group = check.earlier(options);
    return group === null ? null : { group: group.id, sessions: records.sessions.idsOfGroup(group.id) };
  }

  #insert(
    template: GroupRecord,
    { request, replica, items }: LaunchOptions,
  ): { group: GroupRecord; sessions: SessionRecord[] } {
    const { records, ledger, settlement, clock } = this.#options;
    const { replicas, name } = request;
    const joined = replica === undefined ? null : this.#groupToJoin(template, replica.index);
    const group = joined ?? records.groups.insert({ ...template, id: this.#freeId() });
    items?.giveTo(group.id);
    const at = clock.now().toISOString();
    const sessions = Array.from({ length: replicas }, (_, place) => {
      const replicaIndex = replica?.index ?? place + 1;
      const own = parseSessionName(replicaName(name, place + 1, replicas));
      const isAlone = group.replicaCount === 1;
      const session = this.#insertSession(group, { name: own, replicaIndex, isAlone, at });
      return group.interactive ? ledger.beginAttempt(session) : session;
    });
    settlement.queued(group.id);
    return { group, sessions };
  }

  /** The Group of the Replicas that an old client has sent before this one; null where this is the first. */
  #groupToJoin(template: GroupRecord, replicaIndex: number): GroupRecord | null {
    const { records, clock } = this.#options;
    if (template.replicaCount < 2) return null;
    const since = new Date(clock.now().getTime() - JOIN_MS).toISOString();
    const group = records.groups.findLike(template, since);
    return group === null || records.sessions.hasReplica(group.id, replicaIndex) ? null : group;
  }

  #insertSession(
    group: GroupRecord,
    options: { name: string; replicaIndex: number; isAlone: boolean; at: string },
  ): SessionRecord {
    const { name, replicaIndex, isAlone, at } = options;
    const held = policyOf(group).afterEach === undefined ? 0 : 1;
    const session = this.#options.ledger.insert(
      {
        ...{ id: isAlone ? group.id : newSessionId(), groupId: group.id, username: group.username, name },
        ...{ replicaIndex, createdAt: at, phase: "queued", reason: "Queued", message: "", held },
      },
      group,
    );
    // Its id was taken.
    return session ?? this.#insertSession(group, { ...options, isAlone: false });
  }

  #freeId(): string {
    const { sessions, groups } = this.#options.records;
    for (;;) {
      const id = newSessionId();
      if (sessions.find(id) === null && groups.find(id) === null) return id;
    }
  }
}

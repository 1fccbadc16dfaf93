import {
  CanfarError,
  KIND_CONTRACTS,
  type LaunchAnswer,
  type LaunchRequest,
  newSessionId,
  parseSessionName,
  replicaName,
  type ServerContext,
  type User,
} from "@canfar/contract";
import type { Clock } from "../clock.ts";
import type { Log } from "../log.ts";
import type { GroupRecord } from "../records/group-store.ts";
import type { Records } from "../records/records.ts";
import type { NewSession, SessionRecord } from "../records/session-store.ts";
import { type AdmissionQueue, beginAttempt, slotsFor } from "./admission-queue.ts";
import type { HomeFolders } from "./home-folders.ts";
import type { ImageCatalogue } from "./image-catalogue.ts";
import type { StagedItems } from "./items/item-lists.ts";
import type { Launcher } from "./launcher.ts";
import { requestDigest } from "./request-digest.ts";
import { allocate } from "./server-context.ts";
import type { SessionRoutes } from "./session-routes.ts";

/** Replicas that an old client sends one by one belong together when they come within this time. */
const JOIN_MS = 15 * 60_000;

export interface LaunchOptions {
  readonly user: User;
  readonly request: LaunchRequest;
  /** Place of the Session among those that an old client sends one by one. */
  readonly replica?: { readonly index: number; readonly count: number } | undefined;
  /** Header `x-skaha-registry-auth`, if there was one. */
  readonly registryAuth: string | undefined;
  /** The list of the Items that the request asks for; it becomes the Group's. */
  readonly items?: StagedItems | null | undefined;
}

/** Turns a launch request into Sessions on record, which start as soon as they may. */
export class LaunchService {
  readonly #options;

  constructor(options: {
    records: Records;
    images: ImageCatalogue;
    queue: AdmissionQueue;
    launcher: Launcher;
    homes: HomeFolders;
    routes: SessionRoutes;
    context: ServerContext;
    kinds: readonly string[];
    lifetimes: { interactiveSeconds: number; headlessSeconds: number };
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
   * @throws CanfarError `image.*`, `session.invalid_kind`, `session.invalid_name`, `resource.out_of_range`,
   *   `quota.sessions`, `request.conflict`, `storage.full`
   */
  launch(options: LaunchOptions): LaunchAnswer {
    const { records, launcher, queue, homes, routes, log } = this.#options;
    const earlier = this.answerOfEarlier(options);
    if (earlier !== null) return earlier;
    const template = this.#groupFor(options);
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
   * The answer to a request that came before with the same id, or null. The server is one thread and answers in order:
   * nobody can come between this look and the write of `launch`.
   *
   * @throws CanfarError `request.conflict` where it asked for something else
   */
  answerOfEarlier({ user, request }: Pick<LaunchOptions, "user" | "request">): LaunchAnswer | null {
    const { records } = this.#options;
    if (request.requestId === undefined) return null;
    const group = records.groups.findByRequest(user.username, request.requestId);
    if (group === null) return null;
    if (group.requestDigest === requestDigest(request))
      return { group: group.id, sessions: records.sessions.idsOfGroup(group.id) };
    throw new CanfarError("request.conflict", {
      message: `the request id '${request.requestId}' was used for another launch, of ${group.name} at ${group.createdAt}`,
      hint: "Give each launch an id of its own, or leave it out.",
      details: { requestId: request.requestId, group: group.id },
    });
  }

  #groupFor({ user, request, replica, registryAuth, items }: LaunchOptions): GroupRecord {
    const { images, context, kinds, lifetimes, queue, clock } = this.#options;
    const { interactive } = KIND_CONTRACTS[request.kind];
    const image = images.find(request.image, { kind: request.kind, registryAuth });
    if (!kinds.includes(request.kind)) throw kindNotRunnable(request.kind, kinds);
    const allocation = allocate(request.resources, context);
    const name = groupName(request.name, replica);
    parseSessionName(replicaName(request.name, request.replicas, request.replicas));
    const { timeoutSeconds } = request.policy;
    return {
      id: "",
      name,
      username: user.username,
      kind: request.kind,
      image: image.id,
      interactive,
      replicaCount: replica?.count ?? request.replicas,
      slots: interactive ? 0 : slotsFor(request.resources, queue.totalSlots),
      lifetimeSeconds: interactive
        ? lifetimes.interactiveSeconds
        : Math.min(timeoutSeconds ?? Infinity, lifetimes.headlessSeconds),
      details: {
        user: { uid: user.uid, gid: user.gid, groups: user.groups },
        image: { digest: image.digest, recipe: image.folder },
        command: request.command,
        args: request.args,
        env: request.env,
        allocation,
        policy: request.policy,
        ...(items ? { items: items.items } : {}),
      },
      createdAt: clock.now().toISOString(),
      requestId: request.requestId ?? null,
      requestDigest: requestDigest({ ...request, name }),
      stopped: null,
      logsRemovedAt: null,
    };
  }

  /** Inside one write: the quota is checked where nobody else can come between. */
  #insert(
    template: GroupRecord,
    { request, replica, items }: LaunchOptions,
  ): { group: GroupRecord; sessions: SessionRecord[] } {
    const { records, clock } = this.#options;
    const { replicas, name } = request;
    if (template.interactive) this.#checkQuota(template.username, replicas);
    const joined = replica === undefined ? null : this.#groupToJoin(template, replica.index);
    const group = joined ?? { ...template, id: this.#freeId() };
    if (joined === null) records.groups.insert(group);
    items?.giveTo(group.id);
    const at = clock.now().toISOString();
    const sessions = Array.from({ length: replicas }, (_, place) => {
      const replicaIndex = replica?.index ?? place + 1;
      const own = parseSessionName(replicaName(name, place + 1, replicas));
      const isFirst = joined === null && place === 0;
      const session = this.#insertSession(group, { name: own, replicaIndex, isFirst, at });
      return group.interactive ? beginAttempt(records, session, at) : session;
    });
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
    options: { name: string; replicaIndex: number; isFirst: boolean; at: string },
  ): SessionRecord {
    const { sessions } = this.#options.records;
    const { name, replicaIndex, isFirst, at } = options;
    const fresh: NewSession = {
      ...{ id: isFirst ? group.id : newSessionId(), groupId: group.id, username: group.username, name },
      ...{ replicaIndex, createdAt: at, phase: "queued", reason: "Queued", message: "", held: 0 },
    };
    if (!sessions.insert(fresh)) return this.#insertSession(group, { ...options, isFirst: false });
    return {
      ...{ ...fresh, sequence: 0, status: "Pending", exitCode: null, attempt: 0, startedAt: null },
      ...{
        endedAt: null,
        expiresAt: null,
        stopCause: null,
        deletedAt: null,
        notBefore: "",
        memoryGiB: null,
        attemptsBefore: 0,
      },
    };
  }

  #freeId(): string {
    const { sessions, groups } = this.#options.records;
    for (;;) {
      const id = newSessionId();
      if (sessions.find(id) === null && groups.find(id) === null) return id;
    }
  }

  #checkQuota(username: string, wanted: number): void {
    const { records, context } = this.#options;
    const most = context.maxInteractiveSessions;
    const active = records.sessions.countActiveInteractive(username);
    if (active + wanted <= most) return;
    throw new CanfarError("quota.sessions", {
      message: `User ${username} has reached the maximum of ${most} active sessions.`,
      hint: "Delete one with `canfar delete`; headless sessions do not count.",
      details: { active, wanted, maximum: most },
    });
  }
}

/** An old client names each Replica itself: `NAME-3` of several is one of the Group `NAME`. */
function groupName(name: string, replica: { index: number; count: number } | undefined): string {
  const suffix = replica === undefined || replica.count === 1 ? "" : `-${replica.index}`;
  return parseSessionName(suffix !== "" && name.endsWith(suffix) ? name.slice(0, -suffix.length) : name);
}

function kindNotRunnable(kind: string, kinds: readonly string[]): CanfarError {
  return new CanfarError("session.invalid_kind", {
    message: `Invalid session type: ${kind} sessions cannot run on this platform`,
    hint: `It runs ${kinds.join(", ")} sessions.`,
    details: { kind, kinds },
  });
}

import {
  CanfarError,
  KIND_CONTRACTS,
  newSessionId,
  parseSessionName,
  replicaName,
  type ServerContext,
  type User,
} from "@canfar/contract";
import type { LaunchForm } from "@canfar/contract/wire";
import type { Clock } from "../clock.ts";
import type { Log } from "../log.ts";
import type { GroupRecord } from "../records/group-store.ts";
import type { Records } from "../records/records.ts";
import type { SessionRecord } from "../records/session-store.ts";
import { type AdmissionQueue, beginAttempt, slotsFor } from "./admission-queue.ts";
import type { HomeFolders } from "./home-folders.ts";
import type { ImageCatalogue } from "./image-catalogue.ts";
import type { Launcher } from "./launcher.ts";
import { allocate } from "./server-context.ts";
import type { SessionRoutes } from "./session-routes.ts";

export interface LaunchOptions {
  readonly user: User;
  readonly form: LaunchForm;
  /** Header `x-skaha-registry-auth`, if there was one. */
  readonly registryAuth: string | undefined;
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
   * Checks a request, puts the whole Group on record in one write, and starts what may start.
   *
   * @returns the Session ids, in the order of their Replicas; from then on they survive a crash
   * @throws CanfarError `image.*`, `session.invalid_kind`, `session.invalid_name`, `resource.out_of_range`,
   *   `quota.sessions`, `storage.full`
   */
  launch(options: LaunchOptions): string[] {
    const { records, launcher, queue, homes, routes, log } = this.#options;
    const group = this.#groupFor(options);
    homes.ensure(group.username);
    const sessions = records.write(() => this.#insert(group, options.form));
    log.info("created Sessions", { group: sessions[0]?.groupId, count: sessions.length, kind: group.kind });
    if (group.interactive) {
      for (const session of sessions) routes.show({ ...session, kind: group.kind });
      launcher.launch(sessions);
    } else queue.admit();
    return sessions.map(({ id }) => id);
  }

  #groupFor({ user, form, registryAuth }: LaunchOptions): GroupRecord {
    const { images, context, kinds, lifetimes, queue, clock } = this.#options;
    const { request, replica } = form;
    const { interactive } = KIND_CONTRACTS[request.kind];
    const image = images.find(request.image, { kind: request.kind, registryAuth });
    if (!kinds.includes(request.kind)) throw kindNotRunnable(request.kind, kinds);
    const allocation = allocate(request.resources, context);
    const replicaCount = replica?.count ?? request.replicas;
    parseSessionName(request.name);
    parseSessionName(replicaName(request.name, request.replicas, request.replicas));
    return {
      id: "",
      username: user.username,
      kind: request.kind,
      image: image.id,
      interactive,
      replicaCount,
      slots: interactive ? 0 : slotsFor(request.resources, queue.totalSlots),
      lifetimeSeconds: interactive ? lifetimes.interactiveSeconds : lifetimes.headlessSeconds,
      details: {
        user: { uid: user.uid, gid: user.gid, groups: user.groups },
        image: { digest: image.digest, recipe: image.folder },
        command: request.command,
        args: request.args,
        env: request.env,
        allocation,
      },
      createdAt: clock.now().toISOString(),
    };
  }

  /** Inside one write: the quota is checked where nobody else can come between. */
  #insert(template: GroupRecord, form: LaunchForm): SessionRecord[] {
    const { records, clock } = this.#options;
    const { replicas, name } = form.request;
    if (template.interactive) this.#checkQuota(template.username, replicas);
    const group = { ...template, id: this.#freeId() };
    records.groups.insert(group);
    const at = clock.now().toISOString();
    return Array.from({ length: replicas }, (_, place) => {
      const replicaIndex = form.replica?.index ?? place + 1;
      const own = parseSessionName(replicaName(name, place + 1, replicas));
      const session = this.#insertSession(group, { name: own, replicaIndex, isFirst: place === 0 });
      return group.interactive ? beginAttempt(records, session, at) : session;
    });
  }

  #insertSession(
    group: GroupRecord,
    { name, replicaIndex, isFirst }: { name: string; replicaIndex: number; isFirst: boolean },
  ): SessionRecord {
    const { sessions } = this.#options.records;
    const id = isFirst ? group.id : newSessionId();
    const fresh = {
      ...{ id, groupId: group.id, username: group.username, name, replicaIndex, createdAt: group.createdAt },
      ...{ phase: "queued" as const, reason: "Queued", message: "" },
    };
    if (!sessions.insert(fresh)) return this.#insertSession(group, { name, replicaIndex, isFirst: false });
    return {
      ...{
        ...fresh,
        sequence: 0,
        status: "Pending",
        exitCode: null,
        attempt: 0,
        startedAt: null,
        endedAt: null,
      },
      ...{ expiresAt: null, stopCause: null, deletedAt: null },
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

function kindNotRunnable(kind: string, kinds: readonly string[]): CanfarError {
  return new CanfarError("session.invalid_kind", {
    message: `Invalid session type: ${kind} sessions cannot run on this platform`,
    hint: `It runs ${kinds.join(", ")} sessions.`,
    details: { kind, kinds },
  });
}

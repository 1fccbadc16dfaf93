import {
  CanfarError,
  KIND_CONTRACTS,
  type LaunchRequest,
  parseSessionName,
  replicaName,
  type ServerContext,
  type User,
} from "@canfar/contract";
import type { Clock } from "../clock.ts";
import type { GroupRecord } from "../records/group-store.ts";
import type { Records } from "../records/records.ts";
import type { ImageCatalogue } from "./image-catalogue.ts";
import type { StagedItems } from "./items/item-lists.ts";
import type { NotificationLimits } from "./notify/check-targets.ts";
import { checkPolicy } from "./policy/check-policy.ts";
import { requestDigest } from "./request-digest.ts";
import { allocate } from "./server-context.ts";

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

/** Everything that may be wrong with a launch request, found before anything is written. */
export class LaunchCheck {
  readonly #options;

  constructor(options: {
    records: Records;
    images: ImageCatalogue;
    context: ServerContext;
    kinds: readonly string[];
    lifetimes: { interactiveSeconds: number; headlessSeconds: number };
    notices: NotificationLimits;
    clock: Clock;
  }) {
    this.#options = options;
  }

  /**
   * The Group that an earlier request with the same id made; null where there was none.
   *
   * @throws CanfarError `request.conflict` where that asked for something else
   */
  earlier({ user, request }: Pick<LaunchOptions, "user" | "request">): GroupRecord | null {
    if (request.requestId === undefined) return null;
    const group = this.#options.records.groups.findByRequest(user.username, request.requestId);
    if (group === null || group.requestDigest === requestDigest(request)) return group;
    throw new CanfarError("request.conflict", {
      message: `the request id '${request.requestId}' was used for another launch, of ${group.name} at ${group.createdAt}`,
      hint: "Give each launch an id of its own, or leave it out.",
      details: { requestId: request.requestId, group: group.id },
    });
  }

  /**
   * What a request asks for as a Group, still without id and place.
   *
   * @throws CanfarError `image.*`, `session.invalid_kind`, `session.invalid_name`, `resource.out_of_range`,
   *   `request.invalid`, `request.unsupported`, `group.not_found`, `quota.sessions`
   */
  group(options: LaunchOptions): GroupRecord {
    const { records, images, context, kinds, lifetimes, notices, clock } = this.#options;
    const { user, request, replica, registryAuth, items } = options;
    const { interactive } = KIND_CONTRACTS[request.kind];
    const image = images.find(request.image, { kind: request.kind, registryAuth });
    if (!kinds.includes(request.kind)) throw kindNotRunnable(request.kind, kinds);
    const allocation = allocate(request.resources, context);
    const name = groupName(request.name, replica);
    parseSessionName(replicaName(request.name, request.replicas, request.replicas));
    checkPolicy({ request, username: user.username, interactive, records, notices });
    if (interactive) this.#checkQuota(user.username, request.replicas);
    const { timeoutSeconds, after } = request.policy;
    return {
      ...{ id: "", sequence: 0 },
      name,
      username: user.username,
      kind: request.kind,
      image: image.id,
      interactive,
      replicaCount: replica?.count ?? request.replicas,
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
        resources: request.resources,
        policy: request.policy,
        ...(items ? { items: items.items } : {}),
      },
      createdAt: clock.now().toISOString(),
      requestId: request.requestId ?? null,
      requestDigest: requestDigest({ ...request, name }),
      ...{ stopped: null, released: after.length === 0, failedBefore: 0, logsRemovedAt: null },
    };
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

import type {
  Dependency,
  ItemSplit,
  LaunchableKind,
  LaunchRequestInput,
  NotificationMoment,
} from "@canfar/contract";

/** What `Session.create` takes: what Python's client has, under its names, and what a batch may have beyond. */
export interface CreateOptions {
  readonly name: string;
  readonly image: string;
  /** Without cores and ram the Session is flexible. */
  readonly cores?: number | undefined;
  /** GB. */
  readonly ram?: number | undefined;
  /** Default: headless. */
  readonly kind?: LaunchableKind | undefined;
  readonly gpu?: number | undefined;
  readonly cmd?: string | undefined;
  /** A list is one word each, whatever it contains; a string is split at white space. */
  readonly args?: string | readonly string[] | undefined;
  readonly env?: Readonly<Record<string, string>> | undefined;
  /** Default: 1. */
  readonly replicas?: number | undefined;
  /** Further attempts for a Replica that failed. */
  readonly retries?: number | undefined;
  /** Seconds before the second attempt, doubled for each further one. Default: 5. */
  readonly retryDelay?: number | undefined;
  /** Seconds after which an attempt is ended. */
  readonly timeout?: number | undefined;
  /** Once more Replicas than these have failed, no further one starts. */
  readonly maxFails?: number | undefined;
  /** Replicas that run at the same time, at most. */
  readonly maxRunning?: number | undefined;
  /** Ids of Groups that have to end first; as text: all their Replicas have to complete. */
  readonly after?: string | readonly (string | Dependency)[] | undefined;
  /** Id of a Group of which Replica i has to complete before Replica i starts. */
  readonly afterEach?: string | undefined;
  /** Whom to tell: `https://…` or `mailto:…`; as text: when all have ended. */
  readonly notify?:
    | string
    | readonly (string | { readonly target: string; readonly on: readonly NotificationMoment[] })[]
    | undefined;
  /** Inputs that are split over the Replicas; `{}` in `args` stands for one of them. */
  readonly items?: readonly string[] | undefined;
  /** Default: balanced. */
  readonly split?: ItemSplit | undefined;
  /** One number for each item, for the splits `weight` and `dynamic`. */
  readonly weights?: readonly number[] | undefined;
  /** The same id with the same request makes one Group, however often it is sent. */
  readonly requestId?: string | undefined;
}

/** The launch request that the options mean; it is checked where it is sent. */
export function launchRequestOf(options: CreateOptions): LaunchRequestInput {
  const { name, image, cores, ram, kind = "headless", gpu, cmd, args = [], env = {}, replicas = 1 } = options;
  const { items, split, weights, requestId } = options;
  return {
    name,
    image,
    kind,
    ...(cmd ? { command: cmd } : {}),
    args: typeof args === "string" ? args.split(/\s+/).filter((word) => word !== "") : [...args],
    env: { ...env },
    resources: { cores, memoryGiB: ram, gpus: gpu },
    replicas,
    policy: policyOf(options),
    ...(items === undefined
      ? {}
      : { items: { list: [...items], split, ...(weights === undefined ? {} : { weights: [...weights] }) } }),
    ...(requestId === undefined ? {} : { requestId }),
  };
}

function policyOf(options: CreateOptions): NonNullable<LaunchRequestInput["policy"]> {
  const { retries, retryDelay, timeout, maxFails, maxRunning, after = [], afterEach, notify = [] } = options;
  return {
    retries,
    retryDelaySeconds: retryDelay,
    timeoutSeconds: timeout,
    maxFailures: maxFails,
    maxRunning,
    after: listOf(after).map((each) => (typeof each === "string" ? { group: each } : each)),
    afterEach,
    notify: listOf(notify).map((each) =>
      typeof each === "string" ? { target: each } : { target: each.target, on: [...each.on] },
    ),
  };
}

function listOf<T>(value: string | readonly T[]): readonly (string | T)[] {
  return typeof value === "string" ? [value] : value;
}

import {
  type BatchPolicy,
  CanfarError,
  DEFAULT_BATCH_POLICY,
  formatReplicaSelection,
  type LaunchAnswer,
  type LaunchRequest,
  type LaunchRequestInput,
  launchAnswerSchema,
  launchRequestSchema,
  parseImageReference,
  parseSessionName,
  rangesOf,
  replicaName,
  routePath,
} from "@canfar/contract";
import { encodeLaunchForm, survivesJoining } from "@canfar/contract/wire";
import { concurrently } from "./concurrently.ts";
import type { Connection } from "./connection.ts";
import { grouped } from "./grouped.ts";
import { unsupported } from "./unsupported.ts";

/** One Replica that the server did not launch. */
export interface LaunchFailure {
  /** From 1. */
  readonly replica: number;
  readonly error: CanfarError;
}

/** After one of these the next request would fail just the same. */
const HOPELESS: readonly string[] = [
  "server.unavailable",
  "authentication.required",
  "authentication.expired",
];

/**
 * Checks a launch request before anything is sent, and completes its image reference.
 *
 * @throws CanfarError `request.invalid`, `session.invalid_name`, `image.invalid_reference`
 */
export function checkLaunchRequest(input: LaunchRequestInput): LaunchRequest {
  const result = launchRequestSchema.safeParse(input);
  if (!result.success) {
    const [issue] = result.error.issues;
    throw new CanfarError("request.invalid", {
      message: `The launch request cannot be used: ${issue?.path.join(".")}: ${issue?.message}`,
      details: { fields: result.error.issues.map(({ path }) => path.join(".")) },
    });
  }
  const request = result.data;
  const own = request.command !== undefined || request.args.length > 0 || Object.keys(request.env).length > 0;
  if (own && request.kind !== "headless") {
    throw new CanfarError("request.invalid", {
      message: `A command, arguments and variables are for headless Sessions only, not for ${request.kind}`,
      hint: "Leave them out, or launch a headless Session.",
    });
  }
  const single = request.kind === "firefly" || request.kind === "desktop";
  if (single && request.replicas > 1) {
    throw new CanfarError("request.invalid", {
      message: `A ${request.kind} Session has no Replicas`,
      hint: "Leave out --replicas.",
    });
  }
  // The name of the last Replica is the longest.
  parseSessionName(replicaName(request.name, request.replicas, request.replicas));
  return { ...request, image: parseImageReference(request.image) };
}

/**
 * Launches a Session, or a Group: with one request where the server can, else with one for each Replica.
 *
 * @returns the Group, and its Session ids in the order of the Replicas. Where the server knows of no Groups, the first
 * Session's id stands for the one that is put together here.
 * @throws CanfarError the server's refusal; `command.partial_success` with `ids` and `failures` when only some were
 * launched; `request.unsupported` when the server cannot do what the request asks for
 */
export async function launch(
  connection: Connection,
  input: LaunchRequestInput,
  signal?: AbortSignal,
): Promise<LaunchAnswer> {
  const request = checkLaunchRequest(input);
  const beyondForms = whatFormsCannotSay(request);
  // The usual single Session needs no question first.
  const plain = request.replicas === 1 && beyondForms === null;
  if (!plain && (await connection.features()).groups) return await launchGroup(connection, request, signal);
  if (beyondForms !== null) throw unsupported(connection.server.name, ...beyondForms);
  const sessions = await launchEach(connection, request, signal);
  return { group: sessions[0] ?? "", sessions };
}

/** What of a request the form of a single Session has no place for, and what to do without; null where nothing is. */
function whatFormsCannotSay(request: LaunchRequest): [lack: string, hint: string] | null {
  if (!survivesJoining(request.args)) {
    return [
      "cannot take arguments that are empty or have white space in them",
      "Put the command into a script and launch that.",
    ];
  }
  if (request.items !== undefined) {
    return [
      "cannot split Items over Replicas",
      "Let the script choose its own with canfar.helpers.distributed.",
    ];
  }
  if (!isDeepEqual(request.policy, DEFAULT_BATCH_POLICY)) {
    return [
      "knows no retries, time limits, dependencies or notifications of a batch",
      "Launch without them, and look after it with `canfar ps`.",
    ];
  }
  return null;
}

function isDeepEqual(a: BatchPolicy, b: BatchPolicy): boolean {
  return JSON.stringify(a) === JSON.stringify(b); // Both come out of one schema, so that their keys are in one order.
}

/** One request for all, which may be sent again when its answer is lost: the server knows it by its id. */
async function launchGroup(
  connection: Connection,
  request: LaunchRequest,
  signal: AbortSignal | undefined,
): Promise<LaunchAnswer> {
  const requestId = request.requestId ?? crypto.randomUUID();
  const answer = await connection.transport.json(
    {
      method: "POST",
      path: routePath("launchGroup"),
      json: { ...request, requestId },
      repeatable: true,
      signal,
    },
    launchAnswerSchema,
  );
  if (answer.sessions.length !== request.replicas) throw notAsManyIds(connection, request.replicas);
  return answer;
}

async function launchEach(
  connection: Connection,
  request: LaunchRequest,
  signal: AbortSignal | undefined,
): Promise<string[]> {
  const { replicas: count } = request;
  const indices = Array.from({ length: count }, (_, index) => index + 1);
  const ids: string[] = [];
  const failures: LaunchFailure[] = [];
  let hopeless: CanfarError | undefined;
  await concurrently(indices, connection.concurrency, async (replica) => {
    if (hopeless !== undefined) {
      failures.push({ replica, error: hopeless });
      return;
    }
    const one = { ...request, name: replicaName(request.name, replica, count), replicas: 1 };
    try {
      const id = await post(connection, one, { index: replica, count }, signal);
      ids[replica - 1] = id;
    } catch (error) {
      const failure = error instanceof CanfarError ? error : interrupted(error);
      if (HOPELESS.includes(failure.code) || signal?.aborted) hopeless = failure;
      failures.push({ replica, error: failure });
    }
  });
  return settle(ids, failures);
}

/** All, or an error that says what was launched nevertheless. */
function settle(ids: readonly string[], failures: readonly LaunchFailure[]): string[] {
  const launched = ids.filter((id) => id !== undefined);
  const [first] = failures;
  if (first === undefined) return launched;
  if (launched.length === 0) throw first.error;
  throw new CanfarError("command.partial_success", {
    message: `${launched.length} of ${launched.length + failures.length} Replicas were launched; not accepted were ${notAccepted(failures)}`,
    hint: first.error.hint ?? "Those that were launched go on; `canfar ps` shows them.",
    details: {
      ids: launched,
      failures: failures
        .toSorted((a, b) => a.replica - b.replica)
        .map(({ replica, error }) => ({ replica, code: error.code, message: error.message })),
    },
    cause: first.error,
  });
}

/** Replicas by why: `3,7-9 (no room)`. */
function notAccepted(failures: readonly LaunchFailure[]): string {
  return [...grouped(failures, ({ error }) => error.message)]
    .map(([message, same]) => {
      const ranges = rangesOf(same.map(({ replica }) => replica));
      return `${formatReplicaSelection({ ranges, states: [] })} (${message})`;
    })
    .join("; ");
}

function interrupted(cause: unknown): CanfarError {
  return new CanfarError("command.cancelled", { message: "The launch was interrupted", cause });
}

async function post(
  connection: Connection,
  request: LaunchRequest,
  replica: { index: number; count: number },
  signal: AbortSignal | undefined,
): Promise<string> {
  const form = encodeLaunchForm(request, replica);
  const answer = await connection.transport.text({ method: "POST", path: "session", form, signal });
  const id = answer.trim();
  if (/^[A-Za-z0-9-]+$/.test(id)) return id;
  throw notAsManyIds(connection, 1);
}

function notAsManyIds(connection: Connection, expected: number): CanfarError {
  return new CanfarError("transport.failure", {
    message: `The server '${connection.server.name}' answered the launch of ${expected} with something else than as many ids`,
    hint: "See what was launched with `canfar ps --all`.",
    details: { server: connection.server.name },
  });
}

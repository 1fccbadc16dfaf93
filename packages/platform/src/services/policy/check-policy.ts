import { type BatchPolicy, CanfarError, type LaunchRequest } from "@canfar/contract";
import type { Records } from "../../records/records.ts";
import { checkTargets, type NotificationLimits } from "../notify/check-targets.ts";

/** Policies that mean nothing for a Session in which somebody works. */
const BATCH_ONLY = ["timeoutSeconds", "maxFailures", "maxRunning", "afterEach"] as const;

/**
 * Whether the policies of a request can be followed.
 *
 * @throws CanfarError `request.invalid` naming the field, `request.unsupported` for mail from a platform that sends none,
 *   `group.not_found` for a Group that does not exist, is somebody
 *   else's, or was deleted
 */
export function checkPolicy(options: {
  request: LaunchRequest;
  username: string;
  interactive: boolean;
  records: Records;
  notices: NotificationLimits;
}): void {
  const { request, username, interactive, records, notices } = options;
  const { policy } = request;
  checkTargets(policy.notify, notices);
  if (interactive) refuseBatchOnly(policy, request.kind);
  for (const { group } of policy.after) findGroup(group, username, records);
  if (policy.afterEach === undefined) return;
  const { replicaCount, name } = findGroup(policy.afterEach, username, records);
  if (request.replicas <= replicaCount) return;
  throw new CanfarError("request.invalid", {
    message:
      `policy.afterEach: ${name} has ${replicaCount} replicas, ` +
      `so ${request.replicas} cannot start one after one of them`,
    hint: `Ask for ${replicaCount} replicas at most, or use policy.after.`,
    details: { fields: ["policy.afterEach"] },
  });
}

function refuseBatchOnly(policy: BatchPolicy, kind: string): void {
  const field =
    BATCH_ONLY.find((name) => policy[name] !== undefined) ??
    (policy.retries > 0 ? "retries" : policy.after.length > 0 ? "after" : undefined);
  if (field === undefined) return;
  throw new CanfarError("request.invalid", {
    message: `policy.${field}: a ${kind} session starts at once and is not tried again`,
    hint: "Policies are for headless sessions.",
    details: { fields: [`policy.${field}`] },
  });
}

function findGroup(id: string, username: string, records: Records): { name: string; replicaCount: number } {
  const group = records.groups.find(id);
  if (group?.username === username && records.sessions.tally(username, id).length > 0) return group;
  throw new CanfarError("group.not_found", {
    message: `group ${id} not found: nothing can start after it`,
    hint: "List your groups and sessions with `canfar ps --all`.",
    details: { id },
  });
}

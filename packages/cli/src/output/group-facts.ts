import { type BatchPolicy, DEFAULT_BATCH_POLICY, type Group, shortImageReference } from "@canfar/contract";
import { type BarStyle, paintBar } from "./bar.ts";
import type { Paint } from "./colour.ts";
import { progressText, totalOf } from "./group-table.ts";
import type { Fact } from "./table.ts";
import { formatDuration, formatInstant } from "./time.ts";

/** Everything about one Group. */
export function groupFacts(group: Group, options: { now: Date; paint: Paint; bar: BarStyle }): Fact[] {
  const { now, paint, bar } = options;
  const { counts, items, policy, replicaCount } = group;
  const deleted = replicaCount - totalOf(counts);
  return [
    ["Group ID", group.id],
    ["Name", group.name],
    ["Status", paintBar(progressText(group, bar), bar, paint)],
    ["Message", group.message],
    ["Kind", group.kind],
    ["Image", shortImageReference(group.image || "-")],
    ["Replicas", `${replicaCount}${deleted > 0 ? `, ${deleted} deleted` : ""}`],
    ["Items", items === undefined ? undefined : itemsText(items)],
    ["User", group.username],
    ["Created", formatInstant(group.createdAt || undefined, now)],
    ["Started", formatInstant(group.startedAt, now)],
    ["Ended", formatInstant(group.endedAt, now)],
    ...policyFacts(policy),
  ];
}

function itemsText({ total, done, failed, setAside }: NonNullable<Group["items"]>): string {
  return [
    `${done} of ${total} done`,
    ...(failed > 0 ? [`${failed} failed`] : []),
    ...(setAside > 0 ? [`${setAside} set aside`] : []),
  ].join(", ");
}

/** What was asked for beyond the usual. */
export function policyFacts(policy: BatchPolicy): Fact[] {
  const { retries, retryDelaySeconds, timeoutSeconds, maxFailures, maxRunning, after, afterEach, notify } =
    policy;
  const patience =
    retryDelaySeconds === DEFAULT_BATCH_POLICY.retryDelaySeconds
      ? ""
      : `, the first after ${formatDuration(retryDelaySeconds * 1000)}`;
  return [
    ["Retries", retries === 0 ? undefined : `${retries}${patience}`],
    ["Time limit", timeoutSeconds === undefined ? undefined : formatDuration(timeoutSeconds * 1000)],
    ["Most failures", maxFailures?.toString()],
    ["Most running", maxRunning?.toString()],
    ["After", after.map(({ group, when }) => `${group} (${when})`).join(", ")],
    ["After each", afterEach],
    ["Notify", notify.map(({ target, on }) => `${target} (${on.join(", ")})`).join(", ")],
  ];
}

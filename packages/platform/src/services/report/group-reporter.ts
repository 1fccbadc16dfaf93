import type { FailureCause, GroupReport, ReplicaUsage, ServerContext, User } from "@canfar/contract";
import type { SessionDriver } from "@canfar/drivers";
import type { Clock } from "../../clock.ts";
import type { ReplicaAttempt } from "../../records/attempt-store.ts";
import type { GroupRecord } from "../../records/group-store.ts";
import type { Records } from "../../records/records.ts";
import type { SessionRecord } from "../../records/session-store.ts";
import { type GroupReader, stateOf } from "../group-reader.ts";
import type { ItemReader } from "../items/item-reader.ts";
import { causesOf } from "./causes.ts";
import { failuresOf } from "./failures.ts";
import { spreadOf, usageOf, wallSecondsOf } from "./replica-usage.ts";
import { adviceFor } from "./resource-advice.ts";

const GIB = 2 ** 30;

/** Tells how Groups went, from the records and the tails of failed Replicas' logs. */
export class GroupReporter {
  readonly #options;

  constructor(options: {
    records: Records;
    groups: GroupReader;
    items: ItemReader;
    driver: SessionDriver;
    context: ServerContext;
    clock: Clock;
  }) {
    this.#options = options;
  }

  /**
   * The report of a Group as it is now; it need not have ended.
   *
   * @param signal ends the reading of logs, where nobody waits for the answer any more
   * @throws CanfarError `group.not_found`
   */
  async report(user: User, id: string, signal: AbortSignal): Promise<GroupReport> {
    const { records, groups, driver, items: itemReader, clock } = this.#options;
    const record = groups.record(user, id);
    const group = groups.get(user, id);
    const sessions = records.sessions.ofGroup(id);
    const attempts = Map.groupBy(records.attempts.ofGroup(id), ({ sessionId }) => sessionId);
    const requested = requestedBy(record);
    const replicas = sessions.map((session) => usageOf(session, attempts.get(session.id)?.at(-1), requested));
    const now = clock.now().toISOString();
    const { startedAt, endedAt, items } = group;
    const elapsedSeconds = wallSecondsOf({ startedAt: startedAt ?? null, endedAt: endedAt ?? now });
    const all = [...attempts.values()].flat();
    return {
      ...{ id, name: group.name, username: group.username, image: group.image },
      ...{ reportedAt: now, createdAt: group.createdAt },
      ...(startedAt === undefined ? {} : { startedAt }),
      ...(endedAt === undefined ? {} : { endedAt }),
      ...{ replicaCount: group.replicaCount, counts: group.counts },
      ...(items === undefined ? {} : { items }),
      attempts: {
        total: sum(sessions.map(({ attempt }) => attempt)),
        repeated: sessions.filter(({ attempt }) => attempt > 1).length,
      },
      requested: { mode: record.details.allocation.mode, ...requested },
      ...(elapsedSeconds === null ? {} : { elapsedSeconds }),
      cpuSeconds: sum(all.map(({ cpuSeconds }) => cpuSeconds ?? 0)),
      wallSeconds: sum(all.map((attempt) => wallSecondsOf(attempt) ?? 0)),
      ...spreads(replicas),
      causes: causesOf(
        await failuresOf({ group: record, sessions, attempts }, { driver, items: itemReader, signal }),
      ),
      advice: this.#advice({ record, sessions, replicas, all }),
      replicas,
    };
  }

  /**
   * Why Replicas of a Group have failed so far, the most frequent cause first.
   */
  async causes(group: GroupRecord, signal: AbortSignal): Promise<FailureCause[]> {
    const { records, driver, items } = this.#options;
    const sessions = records.sessions.ofGroup(group.id);
    const attempts = Map.groupBy(records.attempts.ofGroup(group.id), ({ sessionId }) => sessionId);
    return causesOf(await failuresOf({ group, sessions, attempts }, { driver, items, signal }));
  }

  #advice(of: {
    record: GroupRecord;
    sessions: readonly SessionRecord[];
    replicas: readonly ReplicaUsage[];
    all: readonly ReplicaAttempt[];
  }): GroupReport["advice"] {
    const { cores, memoryGB } = this.#options.context;
    const { memoryLimitGiB } = of.record.details.allocation;
    const peaks = of.all.map(({ peakMemoryBytes }) => peakMemoryBytes ?? 0);
    const largest = peaks.reduce((most, peak) => Math.max(most, peak), 0);
    return adviceFor({
      replicas: of.replicas,
      requested: requestedBy(of.record),
      tooLittleGiB: of.sessions
        .filter((session) => stateOf(session) === "failed" && session.reason === "OOMKilled")
        .map(({ memoryGiB }) => memoryGiB ?? memoryLimitGiB),
      largestPeakGiB: largest === 0 ? null : largest / GIB,
      offered: { cores: cores.options, memoryGiB: memoryGB.options },
    });
  }
}

function requestedBy({ details }: GroupRecord): { cores: number; memoryGiB: number } {
  const { requestedCores, requestedMemoryGiB } = details.allocation;
  return { cores: requestedCores, memoryGiB: requestedMemoryGiB };
}

function spreads(
  replicas: readonly ReplicaUsage[],
): Pick<GroupReport, "duration" | "cpuEfficiency" | "memoryEfficiency"> {
  const duration = spreadOf(replicas.map(({ wallSeconds }) => wallSeconds));
  const cpuEfficiency = spreadOf(replicas.map((replica) => replica.cpuEfficiency));
  const memoryEfficiency = spreadOf(replicas.map((replica) => replica.memoryEfficiency));
  return {
    ...(duration === null ? {} : { duration }),
    ...(cpuEfficiency === null ? {} : { cpuEfficiency }),
    ...(memoryEfficiency === null ? {} : { memoryEfficiency }),
  };
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

import type { GroupReport, ReplicaUsage, ServerContext, User } from "@canfar/contract";
import type { SessionDriver } from "@canfar/drivers";
import type { Clock } from "../../clock.ts";
import type { ReplicaAttempt } from "../../records/attempt-store.ts";
import type { GroupRecord } from "../../records/group-store.ts";
import type { Records } from "../../records/records.ts";
import type { SessionRecord } from "../../records/session-store.ts";
import { type GroupReader, stateOf } from "../group-reader.ts";
import { causesOf, type Failure } from "./causes.ts";
import { errorLineOf } from "./error-line.ts";
import { spreadOf, usageOf, wallSecondsOf } from "./replica-usage.ts";
import { adviceFor } from "./resource-advice.ts";
import { readTails } from "./tails.ts";

const GIB = 2 ** 30;

/** Ends of which the program's output says nothing: the platform's own words do. */
const TOLD_BY_PLATFORM = new Set(["NotStarted", "Lost", "Stopped", "Expired"]);
/** Ends that are their own cause, whatever was printed before. */
const CAUSE_BY_ITSELF = new Set(["OOMKilled", "DeadlineExceeded"]);

/** Tells how Groups went, from the records and the tails of failed Replicas' logs. */
export class GroupReporter {
  readonly #options;

  constructor(options: {
    records: Records;
    groups: GroupReader;
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
    const { records, groups, clock } = this.#options;
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
      causes: causesOf(await this.#failures({ group: id, sessions, attempts }, signal)),
      advice: this.#advice({ record, sessions, replicas, all }),
      replicas,
    };
  }

  async #failures(
    of: {
      group: string;
      sessions: readonly SessionRecord[];
      attempts: ReadonlyMap<string, readonly ReplicaAttempt[]>;
    },
    signal: AbortSignal,
  ): Promise<Failure[]> {
    const { group, sessions, attempts } = of;
    const failed = sessions.filter((session) => stateOf(session) === "failed");
    const silent = failed.filter(({ attempt, reason }) => attempt > 0 && isToldByProgram(reason));
    const refs = silent.map(({ id, attempt }) => ({ sessionId: id, attempt }));
    const tails = await readTails(this.#options.driver, { group, attempts: refs }, signal);
    return failed.map((session) => {
      const signalName = attempts.get(session.id)?.at(-1)?.signal ?? null;
      const tail = tails.get(session.id) ?? [];
      // A program that a signal ended had no last word: what it printed before is no reason.
      const said = signalName === null ? tail : tail.filter(({ stream }) => stream === "stderr");
      return {
        ...{ index: session.replicaIndex, session: session.id, reason: session.reason || "Error" },
        ...{ exitCode: session.exitCode, signal: signalName, items: null },
        line: lineOf(session, errorLineOf(said)),
      };
    });
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

function isToldByProgram(reason: string | null): boolean {
  return !TOLD_BY_PLATFORM.has(reason ?? "") && !CAUSE_BY_ITSELF.has(reason ?? "");
}

function lineOf(session: SessionRecord, errorLine: string): string {
  if (CAUSE_BY_ITSELF.has(session.reason ?? "")) return "";
  if (TOLD_BY_PLATFORM.has(session.reason ?? "") || session.attempt === 0) return session.message ?? "";
  return errorLine;
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

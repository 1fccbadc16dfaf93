import { CanfarError, type Forecast } from "@canfar/contract";
import type { GroupRecord } from "../records/group-store.ts";
import type { Records } from "../records/records.ts";
import { freshSession, type SessionRecord } from "../records/session-store.ts";
import type { AdmissionQueue } from "./admission/admission-queue.ts";
import { dominantShare, plus } from "./admission/demand.ts";
import type { Ledger } from "./admission/ledger.ts";
import { likelyStart } from "./admission/likely-start.ts";
import type { QueuedSession } from "./admission/line.ts";
import type { PendingReasons } from "./admission/pending-reasons.ts";
import { Standing } from "./admission/standing.ts";
import type { LaunchCheck, LaunchOptions } from "./launch-check.ts";
import { dependencyState } from "./policy/dependency.ts";

/** Id of what is only thought of; no Session can have it. */
const THOUGHT = "?";

/** Says what a launch would come to if it was made now: by the checks of the launch and the decision of the queue. */
export class Forecaster {
  readonly #options;

  constructor(options: {
    records: Records;
    check: LaunchCheck;
    ledger: Ledger;
    queue: AdmissionQueue;
    reasons: PendingReasons;
  }) {
    this.#options = options;
  }

  /**
   * @param prepare what a launch does before its checks; what it throws refuses the launch
   * @returns also for a launch that would be refused; writes nothing
   */
  async forecast(prepare: () => Promise<LaunchOptions & AsyncDisposable>): Promise<Forecast> {
    try {
      await using options = await prepare();
      return this.#forecast(options);
    } catch (error) {
      if (!(error instanceof CanfarError)) throw error;
      const { code, message, hint } = error;
      return {
        ...{ accepted: false, refusal: { code, message, ...(hint === undefined ? {} : { hint }) } },
        ...{ startsNow: 0, waits: 0, message: `it would be refused: ${message}`, position: null, eta: null },
      };
    }
  }

  #forecast(options: LaunchOptions): Forecast {
    const { check } = this.#options;
    const earlier = check.earlier(options);
    if (earlier !== null) {
      const message = `it was launched before, as ${earlier.name} (${earlier.id}): nothing new would start`;
      return { accepted: true, startsNow: 0, waits: 0, message, position: null, eta: null };
    }
    const group = { ...check.group(options), id: THOUGHT, sequence: Number.MAX_SAFE_INTEGER };
    const { replicas } = options.request;
    return group.interactive ? all(replicas) : this.#ofBatch(group, replicas);
  }

  #ofBatch(group: GroupRecord, replicas: number): Forecast {
    const standing = this.#thinkOf(group, replicas);
    if (standing === null || standing.open === 0) return never();
    const { queue } = this.#options;
    const read = (limit: number, offset: number) => this.#sessions(standing, limit, offset);
    const started = queue.decide({ standing, read }).starts.filter(({ id }) => id === THOUGHT);
    const waits = standing.open - started.length;
    if (waits === 0) return all(started.length);
    return { ...this.#firstWait(standing, started), startsNow: started.length, waits };
  }

  /** The Group as the launch would leave it; null where none of it would ever start. */
  #thinkOf(group: GroupRecord, replicas: number): Standing | null {
    const { queue } = this.#options.records;
    const standing = new Standing(group);
    const { after, afterEach } = standing.policy;
    const states = after.map((other) => dependencyState(queue.outcomes(other.group), other.when));
    if (states.includes("impossible")) return null;
    standing.group = { ...group, released: !states.includes("waiting") };
    if (afterEach === undefined) {
      standing.ready = replicas;
      return standing;
    }
    const { completed, failed } = queue.outcomes(afterEach, replicas);
    standing.ready = completed;
    standing.held = replicas - completed - failed;
    return standing;
  }

  #sessions(standing: Standing, limit: number, offset: number): QueuedSession[] {
    const demand = this.#options.ledger.demandOf(standing.group, { memoryGiB: null });
    const length = Math.max(0, Math.min(limit, standing.ready - offset));
    return Array.from({ length }, () => ({ id: THOUGHT, demand, session: null }));
  }

  #firstWait(standing: Standing, started: readonly QueuedSession[]): Omit<Forecast, "startsNow" | "waits"> {
    const { ledger, reasons, records } = this.#options;
    standing.active += started.length;
    standing.ready -= started.length;
    const { username } = standing.group;
    const running = started.reduce((sum, { demand }) => plus(sum, demand), ledger.account(username).running);
    const places = reasons.places({ username, share: dominantShare(running, ledger.capacity.machine) });
    const session = firstWaiting(standing);
    const { reason, message, ahead } = reasons.waitOf(session, standing, places);
    const before = ahead === null ? null : ahead.own + ahead.others;
    const eta =
      before === null
        ? null
        : likelyStart({
            ...{ records, group: standing.group, ahead: before, now: reasons.now() },
            running: ledger.load.batchSessions + started.length,
          });
    return { accepted: true, reason, message, position: before === null ? null : before + 1, eta };
  }
}

function firstWaiting({ group, ready }: Standing): SessionRecord {
  return freshSession({
    ...{ id: THOUGHT, groupId: group.id, username: group.username, name: group.name, replicaIndex: 1 },
    ...{ phase: "queued", reason: "Queued", message: "", createdAt: group.createdAt },
    held: ready > 0 || group.details.policy?.afterEach === undefined ? 0 : 1,
  });
}

function all(startsNow: number): Forecast {
  const message = startsNow === 1 ? "it would start at once" : `all ${startsNow} would start at once`;
  return { accepted: true, startsNow, waits: 0, message, position: null, eta: null };
}

function never(): Forecast {
  return {
    ...{ accepted: true, startsNow: 0, waits: 0, reason: "DependencyFailed", position: null, eta: null },
    message: "none would ever start: what it is to start after has ended otherwise",
  };
}
